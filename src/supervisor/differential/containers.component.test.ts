import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of containers, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('when they run to their end', () =>
    same(
      'docker run --rm IMAGE echo hello',
      'docker run --rm IMAGE sh -c "echo out; echo err >&2; exit 3"',
      'echo text | docker run --rm -i IMAGE cat',
      'docker run --rm --env A=b --workdir /www --hostname h IMAGE sh -c "echo $A; pwd; hostname"',
      'docker run --rm --user 1000:1000 IMAGE id -u',
      'docker run --rm --tmpfs /t IMAGE sh -c "touch /t/x && ls /t"',
      'docker run --rm --cap-drop ALL IMAGE sh -c "grep CapEff /proc/self/status"',
      'docker run --rm IMAGE sh -c "grep -E \'CapEff|NoNewPrivs|Seccomp:\' /proc/self/status"',
      'docker run --rm --network none IMAGE sh -c "ls /sys/class/net"',
      'docker run --rm --entrypoint echo IMAGE words',
    ))

  it('when they are made, started, looked at, stopped and removed', () =>
    same(
      'docker create --name one --label a=b IMAGE sh -c "echo begun; exec sleep 1000"',
      'docker create --name one IMAGE true',
      'docker ps --all --filter name=one --format "{{.Names}} {{.State}} {{.Command}}"',
      'docker start one',
      'docker start one',
      'docker ps --filter label=a=b --format "{{.Names}} {{.State}}"',
      'docker ps --filter label=a=c --quiet',
      'docker ps --filter bogus=1',
      'docker logs one',
      'docker logs --details one',
      'docker run --log-opt "tag={{.ImageName}}/{{.Name}}" --name tagged IMAGE echo hi > /dev/null; docker logs --details tagged; docker inspect --format "{{json .HostConfig.LogConfig}}" tagged; docker rm tagged',
      'docker run --name told --label b=1 --env "A=x y/*~" --log-opt labels=b,c --log-opt env=A --log-opt max-file=2 --log-opt max-size=1m IMAGE echo hi',
      'docker logs --details told',
      'docker rm told',
      'docker inspect --format "{{json .Config.Cmd}} {{.HostConfig.NetworkMode}} {{.State.Status}}" one',
      'docker exec one sh -c "echo in; exit 7"',
      'docker exec --env A=b --workdir /www one sh -c "echo $A; pwd"',
      'docker rename one two',
      'docker rename two two',
      'docker rename nosuch three',
      'docker pause two',
      'docker ps --filter name=two --format "{{.State}}"',
      'docker pause two',
      'docker exec two true',
      'docker unpause two',
      'docker unpause two',
      'docker rm two',
      'docker restart --time 0 two',
      'docker stop --time 0 two',
      'docker stop --time 0 two',
      'docker exec two true',
      'docker inspect --format "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}" two',
      'docker wait two',
      'docker kill two',
      'docker rm two',
      'docker rm two',
      'docker rm --force two',
    ))

  it('when they share namespaces', () =>
    same(
      'docker run -d --name holder --ipc shareable --shm-size 1m IMAGE sleep 1000',
      'docker inspect --format "{{.HostConfig.IpcMode}} {{.HostConfig.ShmSize}}" holder',
      'docker exec holder sh -c "echo words > /dev/shm/x; grep /dev/shm /proc/mounts"',
      'docker run --rm --ipc container:holder IMAGE sh -c "cat /dev/shm/x; echo more > /dev/shm/y"',
      'docker exec holder cat /dev/shm/y',
      'docker run --rm --pid container:holder IMAGE sh -c "busybox ps -o args | grep -c ^[s]leep.1000"',
      'docker run --rm --network container:holder IMAGE sh -c "ls /sys/class/net"',
      'docker run -d --name alone IMAGE sleep 1000',
      'docker run --rm --name refused --ipc container:alone IMAGE echo',
      'docker rm --force holder alone',
    ))

  it('when they ask for no profile of AppArmor', () =>
    same(
      'docker run -d --name open --security-opt apparmor=unconfined --security-opt no-new-privileges IMAGE sleep 1000',
      'docker inspect --format "{{.AppArmorProfile}}" open',
      'docker inspect --format "{{range .HostConfig.SecurityOpt}}{{println .}}{{end}}" open | sort',
      'docker exec open id -u',
      'docker rm --force open',
      'docker run --rm --security-opt apparmor= IMAGE id -u',
    ))

  it('when they have a seccomp profile of their own', () =>
    same(
      `cat > filter.json <<'END'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "archMap": [{ "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"] }],
  "syscalls": [
    { "names": ["chmod", "fchmod", "fchmodat", "fchmodat2", "nosuch"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13 },
    { "name": "mkdir", "action": "SCMP_ACT_ERRNO", "excludes": { "caps": ["CAP_NET_ADMIN"] } },
    { "name": "rmdir", "action": "SCMP_ACT_ERRNO", "includes": { "minKernel": "99.0" } } ] }
END`,
      ...['', '--cap-add NET_ADMIN', '--privileged'].map(
        (options) =>
          `docker run --rm ${options} --security-opt seccomp=filter.json IMAGE busybox sh -c "chmod 700 /www; mkdir /made && rmdir /made; grep Seccomp: /proc/self/status"`,
      ),
      'docker create --name filtered --security-opt seccomp=filter.json IMAGE id > /dev/null',
      'docker inspect --format "{{json .HostConfig.SecurityOpt}}" filtered',
      'docker start --attach filtered',
      'docker run --rm --security-opt seccomp=nosuch.json IMAGE id',
    ))

  it('when an init process is their first', () =>
    same(
      'docker info --format "{{.InitBinary}}"',
      'docker run --rm --init IMAGE sh -c "xargs -0 echo < /proc/1/cmdline"',
      'docker run --rm --init IMAGE sh -c "grep docker-init /proc/mounts | cut -d \' \' -f 2; touch /sbin/docker-init"',
      'docker run --rm --init --read-only --user 1000 --cap-drop ALL --security-opt no-new-privileges IMAGE id -u',
      'docker run --rm --init --pid host IMAGE sh -c "grep -c docker-init /proc/mounts"',
      'docker run --rm --init --entrypoint sh IMAGE -c "exit 7"',
      'echo words | docker run --rm --init -i IMAGE cat',
      ...['', '--init'].flatMap((option) => [
        `docker run -d ${option} --name parent IMAGE sh -c "(sleep 0.2 & sleep 0.2 &); exec sleep 1000"`,
        'sleep 1; docker exec parent sh -c "grep -l State:.Z /proc/[0-9]*/status | wc -l"',
        'docker inspect --format "{{.HostConfig.Init}} {{.Path}} {{.Args}}" parent',
        'docker diff parent | sort',
        'docker rm --force parent',
      ]),
      'docker run -d --init --name told IMAGE sh -c "trap \'echo told; exit 5\' TERM; echo begun; while true; do sleep 0.1; done"',
      'until docker logs told | grep begun; do sleep 0.1; done',
      'docker stop --time 60 told',
      'docker logs told',
      'docker wait told',
      'docker rm told',
      'docker run -d --init --name deaf IMAGE sleep 1000',
      'docker stop --time 60 deaf',
      'docker wait deaf',
      'docker rm deaf',
    ))

  it('when something is wrong with what is asked for', () =>
    same(
      'docker inspect nosuch',
      'docker start nosuch',
      'docker stop nosuch',
      'docker kill nosuch',
      'docker exec nosuch true',
      'docker top nosuch',
      'docker create --name a IMAGE true',
      'docker create --name "a b" IMAGE true',
      'docker create --restart always --rm IMAGE true',
      'docker create --cap-add BOGUS IMAGE true',
    ))
})
