"""A worker that does to its runner what a GPU may do: an action is a fault's name. It stands for no GPU."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.gpu_checks.worker import MARK

FACTS = json.loads(os.environ.get("FAULTY_FACTS", "{}"))


def answer(**fields):
    print(MARK + json.dumps(fields), flush=True)


def fine(number):
    with Path(os.environ["FAULTY_LOG"]).open("a") as log:
        log.write(f"{number}\n")
    answer(status="passed", numbers={"number": number})


def item(case, block):
    """Invented times in the form of rows."""
    rows = [["event_s", 1e-3 * (block + 1), "s", 0, 0.0, "ok", ""], ["validation_error", 1e-7, "1", 0, 0.0, "ok", ""]]
    return {"case": case, "block": block, "rows": rows[: 2 if block == 0 else 1]}


def act(action, given):
    if action == "hello":
        if os.environ.get("FAULTY_HELLO"):
            act(os.environ["FAULTY_HELLO"], given)
        answer(facts=FACTS)
    elif action == "fine":
        fine(given["number"])
    elif action == "wrong":
        answer(status="wrong", reason="off by a lot", numbers={"error": 0.5})
    elif action == "crash":
        print("an illegal instruction was met", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif action == "exit":
        sys.exit(3)
    elif action == "interrupt":  # whoever started this, as a person does who has changed their mind
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(600)
    elif action == "unnamed signal":
        os.kill(os.getpid(), 40)
    elif action == "closed":
        os.close(1)
        time.sleep(600)
    elif action == "null":
        answer(status="passed", numbers=None)
        answer(status="passed", items=[7])
        answer(status=["passed"])
        answer(item=3)
        fine(given["number"])
    elif action == "no number":
        answer(status="passed", numbers={"error": float("nan")})
    elif action == "partial":
        for number, case in enumerate(given["cases"]):
            answer(begins=f"{case['variant']} {case['direction']}")
            if number == given["good"]:
                act(given["then"], given)
            answer(item=item(case, 0))
        answer(status="passed")
    elif action == "pass":
        act("hang" if given["pass"]["sharing"] == "grid" else "fine", given)
    elif action == "hang":
        print("waiting for a block that never comes", file=sys.stderr, flush=True)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
    elif action == "out of memory":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "garbage":
        sys.stdout.buffer.write(
            b"\xff\xfe no JSON\n" + MARK.encode() + b"{broken\n" + MARK.encode() + b'{"status": 7}\n'
        )
        sys.stdout.flush()
        fine(given["number"])
    elif action == "endless garbage":
        while True:
            print("noise " * 1000, flush=True)
    elif action == "sticky":
        answer(status="failed", reason="CUDA_ERROR_ILLEGAL_ADDRESS", broken="CUDA_ERROR_ILLEGAL_ADDRESS")
    elif action == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(given["file"]).write_text(str(child.pid))
        time.sleep(600)
    elif action == "point":
        answer(
            status="passed", items=[item(case, block) for case in given["cases"] for block in range(given["blocks"])]
        )
    else:
        raise AssertionError(action)


for line in sys.stdin:
    request = json.loads(line)
    act(request["action"], request["arguments"])
