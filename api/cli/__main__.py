"""`python -m api.cli`: the `shenpi` command for processes started by us."""

from api.cli import main

if __name__ == "__main__":
    main()
