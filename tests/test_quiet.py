"""TensorFlow says nothing when it starts, and what others say to stderr is still heard."""

import os
import subprocess
import sys

PROGRAM = """
import sys, aigc_lab, keras
print(keras.ops.sum(keras.ops.ones(3)) > 2, file=sys.stdout)
print("heard", file=sys.stderr)
"""


def test_tensorflow_starts_without_talking(root):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    environment |= {"PYTHONPATH": str(root), "KERAS_BACKEND": "tensorflow"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], check=False, env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and "True" in run.stdout
    assert run.stderr == "heard\n"
