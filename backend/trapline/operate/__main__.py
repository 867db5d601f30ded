"""`python -m trapline.operate`: the operate stage of a node."""

from trapline.operate.component import main
from trapline.wamp.stage import run_stage

if __name__ == "__main__":
    run_stage("operate", main)
