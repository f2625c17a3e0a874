import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of containers with ids of their own, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps, { firstId: 100000 })
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('when they run, as whoever they are', () =>
    same(
      'docker run --rm IMAGE cat /proc/self/uid_map /proc/self/gid_map',
      'docker run --rm --user 5:6 IMAGE sh -c "id -u; echo out > /dev/stdout; echo err > /dev/stderr"',
      'docker run --rm IMAGE busybox stat -c "%u %g %n" / /www /www/index.html /etc/hosts /dev/shm',
      'docker run --rm IMAGE sh -c "grep -E \'CapEff|NoNewPrivs|Seccomp:\' /proc/self/status"',
      'docker run --rm --network none IMAGE ls /proc/sys/net/ipv4/conf',
      'docker run --rm --read-only IMAGE sh -c "echo x > /x"',
    ))

  it('when they want what only the host’s ids have', () =>
    same(
      'docker run --rm --privileged IMAGE id',
      'docker run --rm --network host IMAGE id',
      'docker run --rm --pid host IMAGE id',
      'docker run --rm --userns nosuch IMAGE id',
      ...['--privileged', '--network host', '--pid host', ''].map(
        (options) => `docker run --rm --userns host ${options} IMAGE cat /proc/self/uid_map`,
      ),
      'docker create --name hosts --userns host IMAGE',
      'docker inspect --format "{{json .HostConfig.UsernsMode}}" hosts',
      'docker info --format "{{json .SecurityOptions}}"',
    ))

  it('when they share namespaces', () =>
    same(
      'docker run --detach --name one --ipc shareable IMAGE sleep 1000 > /dev/null',
      'docker inspect --format "{{json .HostConfig.UsernsMode}}" one',
      ...['network', 'pid', 'ipc'].map(
        (kind) =>
          `docker run --rm --${kind} container:one IMAGE sh -c "cat /proc/self/uid_map; id -u"`,
      ),
      'docker exec one id -u',
      'docker exec --user 7 one id -u',
      'docker rm --force one',
    ))

  it('when files are theirs, and when they are the host’s', () =>
    same(
      'docker run --rm -v $PWD/made/deep:/made IMAGE sh -c "echo x > /made/x"; stat -c "%u %g" made made/deep made/deep/x',
      'mkdir own; docker run --rm -v $PWD/own:/own IMAGE sh -c "busybox stat -c %u /own; echo x > /own/x"',
      'docker create --name two IMAGE sleep 1000 > /dev/null',
      'echo content > file; tar --create --owner 33 --group 34 file | docker cp - two:/www',
      'docker start two',
      'docker exec two busybox stat -c "%u %g" /www/file',
      {
        line: 'docker cp two:/www/file - | tar --list --verbose --numeric-owner | cut -d " " -f 1-2',
        differs: 'ids-of-archives',
      },
      'docker exec two sh -c "echo x > /made; busybox chown 8:9 /made"',
      'docker diff two | sort',
      'docker export two | tar --list --verbose --numeric-owner made www/file bin/busybox | cut -d " " -f 1-2 | sort',
      'docker commit two test/two > /dev/null; docker run --rm test/two busybox stat -c "%u %g" /made /www/file',
      'docker run --rm -v pages:/www IMAGE busybox stat -c "%u %g" /www /www/index.html',
      'docker rm --force two',
    ))
})
