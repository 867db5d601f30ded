"""`python -m trapline.publish`: the publish stage of a node."""

from trapline.publish.component import main
from trapline.wamp.stage import run_stage

if __name__ == "__main__":
    run_stage("publish", main)
