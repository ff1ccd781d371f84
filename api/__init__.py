"""How the outside talks to us: REST, web pages, callbacks from office systems, command line, simulators."""
