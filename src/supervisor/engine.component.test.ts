import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Container } from './containers/container.ts'
import { Docker } from './testing/docker.ts'
import { type Host, startHost } from './testing/host.ts'
import { cleanUpsOfSuite } from './testing/suite.ts'
import { eventually, type World } from './testing/world.ts'

describe('the docker command line', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })
  const docker = (line: string) =>
    host.docker.run(line.replaceAll('IMAGE', host.image).replaceAll('DIR', host.world.directory))
  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker(line)
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }

  it('runs a container, shows its output on both streams, and leaves nothing of it', async () => {
    const ran = await docker('docker run --rm --name gone IMAGE sh -c "echo out; echo err >&2"')
    assert.deepEqual(ran, { status: 0, stdout: 'out\n', stderr: 'err\n' })
    assert.equal(await output('docker ps --all --quiet --filter name=gone'), '')
  })

  for (const [what, line, status] of [
    ['the exit status of its process', 'docker run --rm IMAGE sh -c "exit 9"', 9],
    ['127 for a program that there is not', 'docker run --rm IMAGE nosuch', 127],
    ['127 for a path that there is not', 'docker run --rm IMAGE /no/such', 127],
    ['126 for a directory', 'docker run --rm IMAGE /etc', 126],
    ['126 for a file that is no program', 'docker run --rm IMAGE /etc/passwd', 126],
    ['125 for what the engine refuses', 'docker run --rm --gpus all IMAGE echo', 125],
    ['the exit status of a command in it', 'docker exec base-seed-1 sh -c "exit 7"', 7],
    ['126 for a command that there is not', 'docker exec base-seed-1 nosuch', 126],
    ['126 for a user that there is not', 'docker exec -u nosuch base-seed-1 id', 126],
    ['126 for a command that is a directory', 'docker exec base-seed-1 /etc', 126],
  ] as const)
    it(`ends with ${what}`, async () => {
      const ran = await docker(line)
      assert.equal(ran.status, status, `${ran.stdout}${ran.stderr}`)
    })

  it('ends with 137 when its container is killed', async () => {
    const running = docker('docker run --name victim IMAGE sleep 1000')
    await eventually('it runs', async () => {
      return (await output('docker ps --quiet --filter name=victim')) !== ''
    })
    await output('docker kill victim')
    assert.equal((await running).status, 137)
    assert.equal(await output('docker inspect --format "{{.State.ExitCode}}" victim'), '137\n')
    await output('docker rm victim')
  })

  it('passes its signals on to a container that it is attached to', async () => {
    const script = `'trap "echo got it; exit 5" TERM; echo ready; while true; do sleep 0.1; done'`
    const ran = await docker(
      `docker run --rm --name told IMAGE sh -c ${script} > DIR/told & pid=$!
       while ! grep -q ready DIR/told; do sleep 0.1; done; kill -TERM $pid; wait $pid; echo $?; cat DIR/told`,
    )
    assert.equal(ran.stdout, '5\nready\ngot it\n')
  })

  it('sends its input to the container, to the end and unchanged', async () => {
    assert.equal(await output('echo hello | docker run --interactive --rm IMAGE cat'), 'hello\n')
    const sums = await output(
      `head -c 3000000 /dev/urandom > DIR/bytes; sha256sum < DIR/bytes
       docker run -i --rm IMAGE cat < DIR/bytes | sha256sum
       docker exec -i base-seed-1 cat < DIR/bytes | sha256sum`,
    )
    assert.equal(new Set(sums.trim().split('\n')).size, 1, sums)
  })

  it('gives a container a terminal of its size', async () => {
    const { stdout } = await host.docker.onTerminal(
      `stty rows 33 cols 99; docker run --rm -it ${host.image} sh; echo "status $?"`,
      `sleep 2; echo 'busybox stty size; busybox tty'; sleep 1; echo 'exit 4'; sleep 1`,
    )
    assert.match(stdout, /33 99\r\n\/dev\/pts\/0\r\n/)
    assert.match(stdout, /status 4/)
  })

  it('gives a command in a container a terminal', async () => {
    const { stdout } = await host.docker.onTerminal(
      `stty rows 22 cols 77; docker exec -it base-seed-1 sh; echo "status $?"`,
      `sleep 1; echo 'busybox stty size'; sleep 1; echo 'exit 6'; sleep 1`,
    )
    assert.match(stdout, /22 77\r\n/)
    assert.match(stdout, /status 6/)
  })

  it('detaches from a container by its keys, and attaches again', async () => {
    await output('docker run -dit --name shell IMAGE sh')
    const first = await host.docker.onTerminal(
      `docker attach shell`,
      `sleep 1; echo 'x=kept'; sleep 0.5; printf '\\020\\021'; sleep 1`,
    )
    assert.match(first.stdout, /read escape sequence/)
    const second = await host.docker.onTerminal(
      `docker attach shell; echo "status $?"`,
      `sleep 1; echo 'echo "was $x"'; sleep 0.5; echo 'exit 3'; sleep 1`,
    )
    assert.match(second.stdout, /was kept/)
    assert.match(second.stdout, /status 3/)
    await output('docker rm shell')
  })

  it('shows what a container wrote: all, the last lines, since when, with times, as it comes', async () => {
    await output(
      'docker run -d --name talker IMAGE sh -c "echo one; echo two; sleep 1; echo three; printf rest"',
    )
    assert.equal(await output('docker logs --follow talker'), 'one\ntwo\nthree\nrest')
    assert.equal(await output('docker logs --tail 2 talker'), 'three\nrest')
    assert.match(
      await output('docker logs --timestamps --tail 1 talker'),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z rest$/,
    )
    const [, second = ''] = (await output('docker logs --timestamps talker')).split('\n')
    assert.equal(await output(`docker logs --until ${second.slice(0, 30)} talker`), 'one\ntwo\n')
    assert.equal(await output('docker logs --since 1h talker'), 'one\ntwo\nthree\nrest')
    await output('docker rm talker')
  })

  it('stops by the container’s own signal, and kills what does not end in time', async () => {
    const deaf = `sh -c 'trap "" TERM; while true; do sleep 0.1; done'`
    const willing = `sh -c 'trap "exit 3" USR1; while true; do sleep 0.1; done'`
    await output(`docker run -d --name deaf IMAGE ${deaf}`)
    await output(`docker run -d --name willing --stop-signal USR1 IMAGE ${willing}`)
    await output('docker stop --time 1 deaf willing')
    const codes = await output('docker inspect --format "{{.State.ExitCode}}" deaf willing')
    assert.equal(codes, '137\n3\n')
    assert.equal(await output('docker wait deaf willing'), '137\n3\n')
    await output('docker rm deaf willing')
  })

  it('freezes and thaws, renames, restarts, and removes by force', async () => {
    await output('docker run -d --name cold IMAGE sleep 1000')
    await output('docker pause cold')
    assert.match(await output('docker ps --filter name=cold'), /\(Paused\)/)
    assert.match((await docker('docker exec cold echo')).stderr, /is paused/)
    await output('docker unpause cold; docker rename cold warm')
    const startedAt = () => output('docker inspect --format "{{.State.StartedAt}}" warm')
    const before = await startedAt()
    await output('docker restart --time 0 warm')
    assert.notEqual(await startedAt(), before)
    const refused = await docker('docker rm warm')
    assert.match(refused.stderr, /container is running: stop the container before removing/)
    await output('docker rm --force warm')
    assert.match((await docker('docker inspect warm')).stderr, /no such object: warm/i)
  })

  it('refuses names that are taken or none, and what this host cannot do, by name', async () => {
    await output('docker create --name taken IMAGE')
    for (const [line, words] of [
      ['docker create --name taken IMAGE', /container name "\/taken" is already in use/],
      ['docker create --name x IMAGE', /Invalid container name \(x\)/],
      ['docker create --gpus all IMAGE', /DeviceRequests is not supported/],
      ['docker create --security-opt foo=bar IMAGE', /invalid --security-opt/],
      ['docker create --log-driver syslog IMAGE', /plugin "syslog" not found/],
      ['docker create --memory 1m IMAGE', /Minimum memory limit allowed is 6MB/],
      ['docker create -v foo:relative IMAGE', /mount path must be absolute/],
      ['docker create --cap-add NO_SUCH IMAGE', /unknown capability/],
      ['docker rm --force base-seed-1', /declared by .*base\.yaml/],
    ] as const) {
      const { status, stderr } = await docker(line)
      assert.notEqual(status, 0, line)
      assert.match(stderr, words)
    }
    await output('docker rm taken')
  })

  it('publishes ports, and shows what runs', async () => {
    await output('docker run -d --name web -p 8085:80 -p 80 IMAGE')
    const ports = await output('docker port web')
    assert.match(ports, /80\/tcp -> 0\.0\.0\.0:8085/)
    for (const [, port = ''] of ports.matchAll(/0\.0\.0\.0:(\d+)/g))
      assert.equal(
        await host.world.get(`http://127.0.0.1:${port}/`),
        'hello from the container\n',
        port,
      )
    const second = await docker('docker run --rm -p 8085:80 IMAGE')
    assert.equal(second.status, 125)
    assert.match(second.stderr, /port is already allocated/)
    assert.match(await output('docker top web'), /httpd -f -p 80 -h \/www/)
    assert.equal(
      await output('docker run --rm --network container:web IMAGE busybox wget -q -O - 127.0.0.1'),
      'hello from the container\n',
    )
    await output('docker rm --force web')
  })

  it('gives a container what is asked for: user, directory, variables, mounts, limits, rights', async () => {
    const shown = async (options: string, script: string) =>
      await output(`docker run --rm ${options} IMAGE sh -c '${script}'`)
    assert.equal(await shown('-u web -w /new/dir', 'id -u; pwd'), '1000\n/new/dir\n')
    assert.equal(
      await shown('-e A=1 --hostname here', 'echo $A $HOSTNAME; busybox hostname'),
      '1 here\nhere\n',
    )
    assert.equal(await shown('-v data:/d -v DIR/made:/m', 'echo x > /d/f; echo y > /m/f'), '')
    assert.equal(
      await shown('-v data:/d:ro -v DIR/made:/m', 'cat /d/f /m/f; echo z > /d/f || true'),
      'x\ny\n',
    )
    assert.equal(
      await shown('--read-only --tmpfs /t', 'echo x > /f || echo x > /t/f && cat /t/f'),
      'x\n',
    )
    assert.equal(await shown('--ulimit nofile=64:64', 'ulimit -n'), '64\n')
    assert.equal(
      await shown('--cap-drop ALL', 'busybox grep CapEff /proc/self/status'),
      'CapEff:\t0000000000000000\n',
    )
    assert.match(
      await shown('--security-opt seccomp=unconfined', 'cat /proc/self/status'),
      /Seccomp:\t0/,
    )
    assert.match(
      await shown('--privileged', 'mkdir /n; busybox mount -t tmpfs n /n; cat /proc/mounts'),
      / \/n tmpfs/,
    )
    assert.match(
      await shown('--add-host db:10.1.2.3 --dns 9.9.9.9', 'cat /etc/hosts /etc/resolv.conf'),
      /10\.1\.2\.3\tdb[\s\S]*nameserver 9\.9\.9\.9/,
    )
    assert.match(await shown('--network none', 'busybox ip -o link'), /^1: lo: [^\n]*\n$/)
    assert.match(await shown('--pid container:base-seed-1', 'busybox ps'), /sleep 100000/)
  })

  it('has no AppArmor profile to give where the host does not use any, and says so to whom asks for one', async () => {
    await output('docker run -d --name open --security-opt apparmor=unconfined IMAGE sleep 1000')
    assert.equal(await output('docker inspect --format "{{.AppArmorProfile}}" open'), '\n')
    assert.match(await output('docker inspect open'), /"apparmor=unconfined"/)
    assert.doesNotMatch(await output('docker info --format "{{.SecurityOptions}}"'), /apparmor/)
    await output('docker rm --force open')
    const refused = await docker(
      'docker run --rm --security-opt apparmor=docker-default IMAGE true',
    )
    assert.equal(refused.status, 125)
    assert.match(refused.stderr, /profile "docker-default" cannot be had: this host does not use/)
  })

  it('starts a container again as its restart policy says, unless somebody stopped it', async () => {
    await output('docker run -d --name again --restart on-failure:2 IMAGE sh -c "echo run; exit 3"')
    await eventually('it gave up', async () => {
      const state = await output(
        'docker inspect --format "{{.State.Status}} {{.RestartCount}}" again',
      )
      return state === 'exited 2\n'
    })
    assert.equal(await output('docker logs again'), 'run\nrun\nrun\n')
    await output('docker run -d --name always --restart always IMAGE sleep 1000')
    await output('docker stop --time 0 always')
    assert.equal(await output('docker inspect --format "{{.State.Status}}" always'), 'exited\n')
    await output('docker rm again always')
  })

  it('checks the health of a container, and shows how it is', async () => {
    await output(
      `docker run -d --name well --health-interval 200ms --health-retries 2 --health-timeout 300ms \
         --health-cmd 'cat /state; echo checked; [ "$(cat /state)" = good ]' IMAGE \
         sh -c 'echo good > /state; sleep 1000'`,
    )
    const becomes = (status: string) =>
      eventually(`it is ${status}`, async () => {
        return (
          (await output(`docker ps --quiet --filter name=well --filter health=${status}`)) !== ''
        )
      })
    await becomes('healthy')
    assert.match(await output('docker ps --filter name=well'), / \(healthy\) /)
    await output('docker exec well sh -c "echo bad > /state"')
    await becomes('unhealthy')
    const log = await output('docker inspect --format "{{json .State.Health}}" well')
    assert.match(log, /"ExitCode":1,"Output":"bad\\nchecked\\n"/)
    await output('docker rm --force well')
    await output(
      `docker run -d --name slow --health-interval 200ms --health-timeout 300ms --health-retries 1 \
         --health-cmd 'sleep 1000' IMAGE sleep 1000`,
    )
    await eventually('it is unhealthy', async () => {
      return /exceeded timeout/.test(await output('docker inspect slow'))
    })
    await output('docker rm --force slow')
  })

  it('tells what happens to containers, with labels to choose them by', async () => {
    const since = await output('date +%s.%N')
    await output('docker run --rm --label test=events --name told IMAGE echo')
    const told = await output(
      `docker events --since ${since.trim()} --until $(date +%s.%N) --filter label=test=events --format '{{.Action}} {{.Actor.Attributes.name}}'`,
    )
    assert.equal(told, 'create told\nattach told\nstart told\ndie told\ndestroy told\n')
  })

  it('lists by label, status and name, and prunes what does not run', async () => {
    await output('docker create --name one --label kind=test IMAGE; docker create --name two IMAGE')
    const names = (filters: string) => output(`docker ps -a --format '{{.Names}}' ${filters}`)
    assert.equal(await names('--filter label=kind=test'), 'one\n')
    assert.equal(await names('--filter status=created'), 'two\none\n')
    assert.equal(await names('--filter name=tw'), 'two\n')
    assert.equal(await names('--filter label=com.docker.compose.service=seed'), 'base-seed-1\n')
    assert.match((await docker('docker ps --filter bogus=1')).stderr, /invalid filter 'bogus'/)
    assert.match(await output('docker container prune --force'), /Deleted Containers:\n/)
    assert.equal(await names(''), 'base-seed-1\n')
  })
})

/** The kernel is the same after a reboot of a world; records say otherwise after a real one. */
async function asOfAnEarlierBoot({ directory }: World): Promise<void> {
  const containers = join(directory, 'state/containers')
  for (const id of await readdir(containers)) {
    const record = join(containers, id, 'container.json')
    const container = JSON.parse(await readFile(record, 'utf8')) as Container
    const state = { ...container.state, bootId: 'an earlier boot' }
    await writeFile(record, JSON.stringify({ ...container, state }))
  }
}

describe('containers that clients made', () => {
  it('outlive the supervisor with a client attached, and are taken over with all that was said', async (cleanUps) => {
    const { world, docker, image, supervisor } = await startHost(cleanUps)
    const script = 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.1; done'
    const attached = docker.start(`docker run --name counter ${image} sh -c '${script}'`)
    await attached.said(/3\n/)
    const kept = await docker.run(`docker run -d --rm --name fleeting ${image} sleep 1000`)
    assert.equal(kept.status, 0, kept.stderr)
    const { stdout: pid } = await docker.run('docker inspect --format "{{.State.Pid}}" fleeting')
    await supervisor.kill('SIGKILL')
    await world.run('busybox', 'kill', '-9', pid.trim())
    const next = await world.startSupervisor()
    await next.said(/adopted container counter/)
    await next.said(/removed container fleeting/)
    const logs = await docker.run('docker logs --tail all counter')
    assert.match(logs.stdout, /^1\n2\n3\n/)
    assert.equal((await docker.run('docker exec counter echo')).status, 0)
    assert.equal((await docker.run('docker rm --force counter')).status, 0)
    for (const name of ['run/containers', 'run/netns'])
      await eventually(
        `one is left in ${name}`,
        async () => (await readdir(join(world.directory, name))).length === 1,
      )
  })

  it('keep nobody from ending the supervisor, whoever is attached', async (cleanUps) => {
    const { docker, image, supervisor } = await startHost(cleanUps)
    const attached = docker.start(`docker run --name loud ${image} sh -c 'echo ready; sleep 1000'`)
    const executing = docker.start(`docker exec base-seed-1 sh -c 'echo ready; sleep 1000'`)
    await attached.said(/ready/)
    await executing.said(/ready/)
    await supervisor.kill('SIGTERM')
  })

  it('are started after a reboot as their restart policies say', async (cleanUps) => {
    const { world, docker, image } = await startHost(cleanUps)
    for (const [name, policy] of [
      ['none', 'no'],
      ['always', 'always'],
      ['unless', 'unless-stopped'],
      ['stopped', 'unless-stopped'],
    ] as const)
      await docker.run(`docker run -d --name ${name} --restart ${policy} ${image} sleep 1000`)
    await docker.run('docker stop --time 0 always stopped')
    await world.hostCommand('stop-containers')
    const next = await world.reboot()
    await asOfAnEarlierBoot(next)
    await next.startSupervisor()
    const again = new Docker(next)
    await eventually('those that are to run do', async () => {
      const { stdout } = await again.run(`docker ps --format '{{.Names}}' | sort`)
      return stdout === 'always\nbase-seed-1\nunless\n'
    })
  })
})
