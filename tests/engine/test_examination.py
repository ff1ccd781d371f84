"""Files from strangers are read in a process of their own: what hangs, grows or crashes there ends as a fault, and the next file is read as if nothing was."""

import sys
from base64 import b64encode
from pathlib import Path
from threading import Thread

import orjson
import psutil
import pytest
from drawings import END, START, drawing, human, path, script

from engine import child as children
from engine import examination
from engine.child import Child, ChildLost
from engine.examination import examine, examine_apart

AB = drawing(START, human("a"), END, path("start", "a", "end"))
#: a child that answers like ours once it has read what may hang it
PROGRAM = """
import sys
from base64 import b64encode
from engine.child import serve
def answer(question):
    if b"spin" in question:
        while True:
            pass
    if b"grow" in question:
        held = [bytearray(1 << 20) for _ in range(1 << 20)]
    if b"die" in question:
        import os
        os._exit(3)
    return question
serve(answer)
"""


@pytest.fixture
def child() -> Child:
    return Child([sys.executable, "-c", PROGRAM])


def test_what_the_child_says_is_what_this_process_would_say() -> None:
    files = {
        "a.bpmn": AB,
        "b.bpmn": drawing(START, human("a", "${1 +}"), script("s", "x = y"), END, path("start", "a", "s", "end"), key="q"),
    }

    assert examine_apart(files) == examine(files)


def test_a_reader_that_hangs_is_ended_and_the_next_file_is_read(child: Child) -> None:
    assert child.ask(b"one", 60) == b"one"
    assert child.process is not None
    hanging = psutil.Process(child.process.pid)

    with pytest.raises(TimeoutError):
        child.ask(b"spin", 0.3)

    assert not hanging.is_running()
    assert child.ask(b"two", 60) == b"two"
    child.stop()


def test_a_drawing_that_hangs_the_reader_is_refused_with_its_own_fault(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "child", Child([sys.executable, "-c", PROGRAM.replace('b"spin" in question', "True")]))

    found = examine_apart({"a.bpmn": AB}, seconds=0.3)

    assert [fault.code for fault in found.faults] == ["deadline"]
    assert found.faults[0].zh and found.faults[0].en and not found.processes


@pytest.mark.parametrize("word", [b"grow", b"die"])
def test_a_reader_that_takes_too_much_memory_or_crashes_is_no_end_of_the_server(child: Child, word: bytes) -> None:
    assert child.ask(b"one", 60) == b"one"

    with pytest.raises(ChildLost):
        child.ask(word, 60)

    assert child.ask(b"two", 60) == b"two"
    child.stop()


def test_a_lost_child_is_a_fault_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "child", Child([sys.executable, "-c", "pass"]))

    assert [fault.code for fault in examine_apart({"a.bpmn": AB}).faults] == ["too-complex"]


def test_a_child_that_left_is_started_again_without_anybody_noticing(child: Child) -> None:
    assert child.ask(b"one", 60) == b"one"
    assert child.process is not None
    child.process.kill()
    child.process.wait()

    assert child.ask(b"two", 60) == b"two"
    child.stop()


def test_a_forked_server_has_a_child_of_its_own(child: Child) -> None:
    assert child.ask(b"one", 60) == b"one"
    others, lock = child.process, child.lock
    assert others is not None

    with lock:  # held by a thread that the fork does not have
        child._forget()
        assert child.ask(b"two", 60) == b"two"

    assert child.process is not None and child.process.pid != others.pid
    others.kill()
    child.stop()


def test_a_child_leaves_with_the_process_that_started_it(child: Child) -> None:
    assert child.ask(b"one", 60) == b"one"
    assert child.process is not None and child.socket is not None
    child.socket.close()

    assert child.process.wait(60) == 0


def test_many_threads_each_get_their_own_answer(child: Child) -> None:
    answers: dict[int, bytes] = {}

    def one(number: int) -> None:
        answers[number] = child.ask(f"question {number}".encode() * 1000, 60)

    threads = [Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: f"question {number}".encode() * 1000 for number in range(8)}
    child.stop()


def test_a_message_larger_than_anything_real_is_not_waited_for(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LARGEST", 10)

    with pytest.raises(ChildLost):
        child.ask(b"a long question", 60)


def test_no_more_faults_are_told_than_anybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "MOST", 3)
    tasks = [human(f"a{number}", "${1 +}") for number in range(5)]
    files = {"a.bpmn": drawing(START, *tasks, END, path("start", *(f"a{number}" for number in range(5)), "end"))}
    question = orjson.dumps({"files": {"a.bpmn": b64encode(files["a.bpmn"]).decode()}, "delegates": {}})

    assert len(orjson.loads(examination.answer(question))["faults"]) == 3


def test_a_script_deployed_beside_its_drawing_is_part_of_what_runs() -> None:
    task = '<scriptTask id="s" scriptFormat="python" camunda:resource="deployment://rules/sum.py"/>'
    xml = drawing(START, task, END, path("start", "s", "end"))

    alone, together = examine({"a.bpmn": xml}), examine({"a.bpmn": xml, "sum.py": b"total = a + b"})

    assert [fault.code for fault in alone.faults] == ["script-external"]
    assert together.faults == [] and "<script>total = a + b</script>" in together.normalised["a.bpmn"]


def test_variables_that_may_be_undefined_are_warnings() -> None:
    found = examine({"a.bpmn": drawing(START, script("s", "x = y"), END, path("start", "s", "end"))})

    assert found.faults == []
    assert [(warning.code, warning.element, warning.found) for warning in found.warnings] == [("variable-may-be-undefined", "s", "y")]


def test_a_task_that_nobody_is_asked_to_do_is_a_warning() -> None:
    found = examine({"a.bpmn": drawing(START, '<userTask id="a"/>', END, path("start", "a", "end"))})

    assert (found.faults, [(warning.code, warning.element) for warning in found.warnings]) == ([], [("nobody-asked", "a")])


def test_the_program_is_found_wherever_python_was_started() -> None:
    assert (children.HOME / "engine" / "examination.py").samefile(Path(examination.__file__))


def test_whoever_gives_a_called_process_a_business_key_is_told_what_it_is_good_for() -> None:
    call = '<callActivity id="a" calledElement="q"><extensionElements><camunda:in businessKey="{}"/></extensionElements></callActivity>'

    def told(key: str) -> list[tuple[str, str | None]]:
        found = examine({"a.bpmn": drawing(START, call.format(key), END, path("start", "a", "end"))})
        assert found.faults == []
        return [(warning.code, warning.element) for warning in found.warnings]

    assert told("K-1") == [("business-key-inside", "a")]
    assert told("#{execution.processBusinessKey}") == []
