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
