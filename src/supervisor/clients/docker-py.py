"""What a program that uses docker-py does with an engine, and what it gets: only what does not depend on the engine."""
import io
import json
import sys
import tarfile
import threading

import docker

image = sys.argv[1]
client = docker.from_env()


def tell(what, value):
    print(what, json.dumps(value, sort_keys=True))


def files(chunks):
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        return {
            member.name: archive.extractfile(member).read().decode()
            for member in archive.getmembers()
            if member.isfile()
        }


tell("ping", client.ping())
tell("os", client.version()["Os"])
tell("pull", client.images.pull(image).tags)
tell("run", client.containers.run(image, ["echo", "hello"], remove=True).decode())
try:
    client.containers.run(image, ["sh", "-c", "echo bad >&2; exit 3"], remove=True)
except docker.errors.ContainerError as error:
    tell("failed", [error.exit_status, error.stderr.decode()])
try:
    client.containers.run("127.0.0.1:5000/test/nosuch:1", remove=True)
except docker.errors.NotFound as error:
    tell("no image", error.status_code)

seen = []
stream = client.events(decode=True, filters={"type": "container"})
reader = threading.Thread(target=lambda: seen.extend(stream), daemon=True)
reader.start()

volume = client.volumes.create("py-volume", labels={"a": "b"})
network = client.networks.create("py-network", labels={"a": "b"})
container = client.containers.run(
    image,
    ["sh", "-c", "echo out; echo err >&2; exec sleep 1000"],
    name="py-container",
    detach=True,
    environment={"A": "1"},
    labels={"l": "1"},
    network="py-network",
    volumes={"py-volume": {"bind": "/data", "mode": "rw"}},
    ports={"80/tcp": ("127.0.0.1", None)},
    mem_limit="64m",
    ulimits=[docker.types.Ulimit(name="nofile", soft=100, hard=200)],
    healthcheck={"test": ["CMD", "true"], "interval": 1_000_000_000},
)
lines = set()
for line in container.logs(stream=True, follow=True):
    lines.add(line.decode())
    if len(lines) == 2:
        break
tell("logs", sorted(lines))
tell("stdout", container.logs(stderr=False).decode())
container.reload()
tell("status", container.status)
tell("ports", sorted(container.ports))
tell("mounts", [[m["Type"], m["Name"], m["Destination"], m["RW"]] for m in container.attrs["Mounts"]])
code, output = container.exec_run(["sh", "-c", "echo $A $B; exit 7"], environment={"B": "2"})
tell("exec", [code, output.decode()])
code, (out, err) = container.exec_run(["sh", "-c", "echo one; echo two >&2"], demux=True)
tell("demux", [code, out.decode(), err.decode()])
tell("exec stream", b"".join(container.exec_run(["echo", "streamed"], stream=True).output).decode())
socket = container.exec_run(["cat"], stdin=True, socket=True).output
socket._sock.sendall(b"typed\n")
tell("exec socket", socket.read(14)[8:].decode())
socket.close()
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as archive:
    entry = tarfile.TarInfo("put.txt")
    entry.size = 4
    archive.addfile(entry, io.BytesIO(b"put\n"))
tell("put", container.put_archive("/data", tar.getvalue()))
tell("get", files(container.get_archive("/data/put.txt")[0]))
tell("diff", [change for change in container.diff() if change["Path"].startswith("/data")])
tell("top", container.top()["Titles"][0])
container.pause()
container.reload()
tell("paused", container.status)
container.unpause()
container.rename("py-renamed")
made = container.commit("py-image", "1", message="why", author="me", changes="CMD echo committed")
tell("commit", made.tags)
tell("run commit", client.containers.run("py-image:1", remove=True).decode())
saved = b"".join(made.save(named=True))
client.images.remove("py-image:1")
tell("load", [one.tags for one in client.images.load(saved)])
tell("history", made.history()[0]["Comment"])
tell("list", [one.name for one in client.containers.list(filters={"label": "l=1"})])
container.stop(timeout=0)
tell("wait", container.wait()["StatusCode"])
container.start()
container.restart(timeout=0)
container.kill("SIGKILL")
tell("killed", container.wait()["StatusCode"])
container.remove(v=True)
network.reload()
tell("network", [network.name, network.attrs["Labels"], network.containers])
network.remove()
volume.remove()
try:
    client.containers.get("py-renamed")
except docker.errors.NotFound as error:
    tell("gone", error.status_code)
client.images.remove("py-image:1")
tell("volumes", [one.name for one in client.volumes.list(filters={"label": "a"})])
tell("prune", client.containers.prune()["SpaceReclaimed"])
mine = [event for event in seen if event["Actor"]["Attributes"].get("l") == "1"]
# Probes of the health check are told by Docker as events of their own, and the end of a container before or after what
# ended it: as it comes.
actions = [event["Action"] for event in mine if not event["Action"].startswith(("exec", "health"))]
tell("events", sorted(actions))
tell("over", True)
