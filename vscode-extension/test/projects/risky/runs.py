import subprocess


def listed():
    return subprocess.run("ls", shell=True, check=False).returncode
