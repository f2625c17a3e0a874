import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { eventually } from '../testing/world.ts'

const firstId = 100000
const userNamespaces = { firstId }
const map = /^\s*0\s+100000\s+65536$/m
const hostsMap = /^\s*0\s+0\s+4294967295$/m

describe('containers with ids of their own on the host', () => {
  let host: Host
  let files: string
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps, { userNamespaces, debug: { host: true } })
    files = join(host.world.directory, 'files')
    await mkdir(join(files, 'directory/deep'), { recursive: true })
    await writeFile(join(files, 'directory/deep/file'), 'text\n')
  })
  const docker = (line: string) =>
    host.docker.run(`cd ${files}; ${line.replaceAll('IMAGE', host.image)}`)
  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker(line)
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  const sleeper = (name: string, options = '') =>
    output(`docker run -d --name ${name} ${options} IMAGE sleep 1000`)

  it('are root inside, and somebody else outside', async () => {
    await sleeper('outer')
    const pid = await output("docker inspect --format '{{.State.Pid}}' outer")
    const status = await host.world.run('cat', `/proc/${pid.trim()}/status`)
    assert.match(status.stdout, /^Uid:\t100000\t100000\t/m)
    assert.match(status.stdout, /^Gid:\t100000\t100000\t/m)
    assert.match(await output('docker exec outer cat /proc/self/uid_map /proc/self/gid_map'), map)
    assert.match(await output('docker exec outer id'), /^uid=0\(root\) gid=0\(root\)/)
    assert.match(await output('docker exec --user 5:6 outer id'), /^uid=5 gid=6/)
    assert.match(await output('docker top outer'), /^100000 /m)
    await output('docker rm --force outer')
  })

  it('own their files, pipes, terminals and what the engine gives them', async () => {
    const owners = await output(
      'docker run --rm --tmpfs /t IMAGE busybox stat -c "%u %g %n" / /bin/busybox /www /etc/hosts /etc/resolv.conf /dev /dev/shm /dev/mqueue /t',
    )
    for (const line of owners.trim().split('\n'))
      assert.match(line, line.endsWith(' /www') ? /^1000 1000 / : /^0 0 /)
    const { stdout, stderr } = await docker(
      'docker run --rm --user 1000:1000 IMAGE sh -c "echo out > /dev/stdout; echo err > /dev/stderr"',
    )
    assert.deepEqual([stdout, stderr], ['out\n', 'err\n'])
    assert.match(
      await output(
        'docker run --rm -t IMAGE sh -c "busybox tty; echo seen > /dev/stdout; busybox stat -c %u /dev/console"',
      ),
      /^\/dev\/pts\/0\r\nseen\r\n0\r\n$/,
    )
    assert.match(await output('docker run --rm --init IMAGE busybox ps'), /docker-init/)
    const { uid } = await stat('/dev/null')
    assert.equal(uid, 0)
  })

  it('have their layers and changes on the disk as everybody else', async () => {
    await sleeper('changed')
    await output(
      'docker exec changed sh -c "echo x > /made; busybox chown 7:8 /made; busybox rm -r /www; busybox mkdir /www; echo y >> /etc/group"',
    )
    const id = (await output("docker inspect --format '{{.Id}}' changed")).trim()
    const made = await stat(join(host.world.directory, `state/containers/${id}/upper/made`))
    assert.deepEqual([made.uid, made.gid], [7, 8])
    assert.equal(
      await output('docker diff changed | sort'),
      'A /made\nC /etc/group\nC /www\nD /www/index.html\n',
    )
    // In whatever order the directory has them.
    const exported = await output(
      'docker export changed | tar --numeric-owner -tvf - made bin/busybox',
    )
    assert.match(exported, /^-rwxr-xr-x 0\/0 .* bin\/busybox$/m)
    assert.match(exported, /^-\S+ 7\/8 .* made$/m)
    await output('docker commit changed test/changed')
    const look = 'busybox stat -c "%u %g" /made /etc/group /www'
    for (const options of ['', '--userns host'])
      assert.equal(
        await output(`docker run --rm ${options} test/changed ${look}`),
        '7 8\n0 0\n0 0\n',
        options,
      )
    await output('docker rm --force changed')
  })

  it('are given files, and give them, with their own ids, running or not', async () => {
    const look = 'busybox stat -c "%u %g" /in/deep/file /data/in/deep/file'
    await output('docker create --name kept --tmpfs /t -v data:/data IMAGE sleep 1000')
    await output('tar --owner=33 --group=34 -cf in.tar --transform=s,directory,in, directory')
    for (const state of ['stopped', 'running']) {
      await output('docker cp - kept:/ < in.tar')
      await output('docker cp - kept:/data < in.tar')
      for (const path of ['/in', '/data/in'])
        assert.match(
          await output(`docker cp kept:${path} - | tar --numeric-owner -tvf -`),
          / 33\/34 .* in\/deep\/file$/m,
          state,
        )
      if (state === 'stopped') await output('docker start kept')
    }
    assert.equal(await output(`docker exec kept ${look}`), '33 34\n33 34\n')
    assert.match(
      (await docker('docker cp - kept:/t < in.tar')).stderr,
      /nothing can be copied to a tmpfs of a container with a user namespace of its own/,
    )
    await output('tar --owner=70000 -cf far.tar directory')
    assert.match(
      (await docker('docker cp - kept:/ < far.tar')).stderr,
      /Container ID 70000 cannot be mapped to a host ID/,
    )
    await output('docker rm --force kept')
  })

  it('share volumes with those that have the host’s ids, and begin them as these', async () => {
    const look = 'busybox stat -c "%u %g" /www /www/index.html'
    const seen = '1000 1000\n1000 1000\n'
    assert.equal(await output(`docker run --rm -v pages:/www IMAGE ${look}`), seen)
    assert.equal(await output(`docker run --rm --userns host -v pages:/www IMAGE ${look}`), seen)
    const { uid } = await stat(join(host.world.directory, 'state/volumes/pages/_data/index.html'))
    assert.equal(uid, 1000)
    await output('docker run --rm -v pages:/www IMAGE sh -c "echo x > /www/of-root"')
    assert.equal(
      await output(
        'docker run --rm --userns host -v pages:/www IMAGE busybox stat -c %u /www/of-root',
      ),
      '0\n',
    )
  })

  it('cannot write what is the host’s, but for directories that are made for them', async () => {
    const script = 'busybox stat -c %u /host /made; echo x > /made/x; echo x > /host/x'
    const { status, stdout, stderr } = await docker(
      `docker run --rm -v ${files}:/host -v ${files}/new/made:/made IMAGE sh -c "${script}"`,
    )
    assert.deepEqual([status, stdout], [1, '65534\n0\n'])
    assert.match(stderr, /can't create \/host\/x: Permission denied/)
    assert.equal((await stat(join(files, 'new/made/x'))).uid, firstId)
    assert.equal((await stat(join(files, 'new'))).uid, firstId)
    assert.match(
      (await docker('docker run --rm --read-only IMAGE sh -c "echo x > /x"')).stderr,
      /Read-only file system/,
    )
  })

  it('rule their network alone, and are reached by their ports', async () => {
    await output('docker run -d --name web -p 8088:80 --user 1000 IMAGE')
    await eventually('its page is served', async () => {
      return (await host.world.get('http://127.0.0.1:8088/')) === 'hello from the container\n'
    })
    await output('docker run --rm --cap-add NET_ADMIN IMAGE busybox ip addr add 10.1.1.1/24 dev lo')
    assert.equal(
      await output('docker run --rm IMAGE cat /proc/sys/net/ipv4/ping_group_range'),
      '0\t65535\n',
    )
    assert.equal(
      await output(
        'docker run --rm --sysctl net.ipv4.conf.eth0.forwarding=1 IMAGE cat /proc/sys/net/ipv4/conf/eth0/forwarding',
      ),
      '1\n',
    )
    assert.match(await output('docker run --rm --network none IMAGE cat /proc/net/dev'), /lo:/)
    await output('docker network create other')
    await output('docker network connect other web')
    assert.match(
      await output('docker run --rm --network other IMAGE busybox nslookup web'),
      /Name:\s+web/,
    )
    await output('docker rm --force web')
  })

  it('can be in the namespaces of each other, and with a network of their own beside', async () => {
    await sleeper('holder', '--ipc shareable')
    await output('docker exec holder busybox touch /dev/shm/shared')
    const shared = ['--pid', '--network', '--ipc'].map((one) => `${one} container:holder`)
    const all = `docker run --rm ${shared.join(' ')} IMAGE`
    assert.match(await output(`${all} busybox ps`), /sleep 1000/)
    assert.equal(await output(`${all} busybox stat -c %u /dev/shm/shared`), '0\n')
    const one = `docker run --rm ${shared[0]} IMAGE`
    assert.match(await output(`${one} sh -c "busybox ps; cat /proc/net/dev"`), /eth0:/)
    assert.equal(
      await output('docker exec holder busybox readlink /proc/self/ns/user'),
      await output(`${one} busybox readlink /proc/self/ns/user`),
    )
    await output('docker rm --force holder')
  })

  it('are looked into by slipctl debug', async () => {
    await sleeper('looked')
    const { status, stdout, stderr } = await host.world.slipctl(
      ...['debug', '--image', host.image, 'looked', '--'],
      ...['sh', '-c', 'cat /target/etc/hostname; cat /proc/self/uid_map'],
    )
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^[0-9a-f]{12}\n/)
    assert.match(stdout, map)
    await output('docker stop --time 0 looked')
    const ended = await host.world.slipctl(
      ...['debug', '--image', host.image, 'looked', '--'],
      ...['busybox', 'stat', '-c', '%u', '/target/www/index.html'],
    )
    assert.match(ended.stdout, /1000\n$/, ended.stderr)
    const ofHost = await host.world.slipctl(
      ...['debug', '--image', host.image, '--host', '--', 'cat', '/proc/self/uid_map'],
    )
    assert.match(ofHost.stdout, hostsMap, ofHost.stderr)
    await output('docker rm looked')
  })

  it('are the host’s where somebody asks for it, as what is the host’s own needs it', async () => {
    assert.match(await output("docker info --format '{{.SecurityOptions}}'"), /name=userns/)
    const cat = 'IMAGE cat /proc/self/uid_map'
    for (const options of ['--privileged', '--network host', '--pid host']) {
      assert.match(
        await output(`docker run --rm --userns host ${options} ${cat}`),
        hostsMap,
        options,
      )
      const { status, stderr } = await docker(`docker run --rm ${options} ${cat}`)
      assert.equal(status, 125)
      assert.match(stderr, /user namespaces/)
    }
    await sleeper('of-host', '--userns host')
    assert.equal(
      await output("docker inspect --format '{{.HostConfig.UsernsMode}}' of-host"),
      'host\n',
    )
    await output('docker rm --force of-host')
    await host.world.declare(
      'services.yaml',
      `services:
  own: { image: "${host.image}", command: [sleep, "100000"], stop_grace_period: 100ms }
  hosts: { image: "${host.image}", command: [sleep, "100000"], stop_grace_period: 100ms, userns_mode: host, privileged: true }
`,
    )
    for (const [name, expected] of [
      ['services-own-1', map],
      ['services-hosts-1', hostsMap],
    ] as const)
      await eventually(`${name} runs with its ids`, async () => {
        return expected.test((await docker(`docker exec ${name} cat /proc/self/uid_map`)).stdout)
      })
  })

  it('are given configs and secrets that belong to whom their file says', async () => {
    await host.world.declare(
      'granted.yaml',
      `services:
  own:
    image: "${host.image}"
    command: [sleep, "100000"]
    stop_grace_period: 100ms
    configs: [{ source: note, target: /note, uid: "1000", mode: 0400 }]
configs: { note: { content: "for the user alone" } }
`,
    )
    await eventually('it reads what it is given', async () => {
      const { stdout } = await docker(
        'docker exec --user 1000 granted-own-1 sh -c "busybox stat -c %u-%a /note; cat /note"',
      )
      return stdout === '1000-400\nfor the user alone'
    })
  })

  it('leave nothing behind', async () => {
    const id = (await sleeper('gone')).trim()
    await output('docker rm --force gone')
    await eventually('its namespaces are let go', async () => {
      const { stdout } = await host.world.run('cat', '/proc/self/mountinfo')
      return !stdout.includes(id)
    })
  })

  it('keep what they were made with when the supervisor and its settings are others', async () => {
    await sleeper('adopted', '--restart always')
    await host.supervisor.kill('SIGKILL')
    const file = join(host.world.directory, 'supervisor.yaml')
    const { registries } = JSON.parse(await readFile(file, 'utf8')) as { registries: object }
    await writeFile(file, JSON.stringify({ registries, userNamespaces: { firstId: 300000 } }))
    const next = await host.world.startSupervisor()
    await next.said(/adopted container adopted/)
    const cat = 'cat /proc/self/uid_map'
    assert.match(await output(`docker exec adopted ${cat}`), map)
    await output('docker restart --time 0 adopted')
    assert.match(await output(`docker exec adopted ${cat}`), map)
    assert.match(await output(`docker run --rm IMAGE ${cat}`), /^\s*0\s+300000\s+65536$/m)
    assert.match(await output(`docker run --rm --network container:adopted IMAGE ${cat}`), map)
    await output('docker rm --force adopted')
  })
})
