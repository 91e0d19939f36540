"""The test driver: runs inside the sandbox, under the workspace's interpreter, and knows pytest and the standard library.

It is loaded from its files by `__main__` under the private name `_tercet_driver`, so that no project can import it by
accident and nothing here hides a module of the project. Every module is written for Python 3.8 and later, and must
import nothing of Tercet.
"""
