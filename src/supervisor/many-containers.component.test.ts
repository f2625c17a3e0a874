import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onlyInAll } from '../../vm-tests/extent.ts'
import { belongingsOf } from './kills/belongings.ts'
import { startHost } from './testing/host.ts'

const containers = 500
const names = Array.from({ length: containers }, (_, index) => `many-${index}`)

test(
  `${containers} containers run at a time, outlive the supervisor, and leave nothing`,
  onlyInAll,
  async (context) => {
    const { world, docker, image, supervisor } = await startHost(context)
    const done = async (line: string) => {
      const { status, stdout, stderr } = await docker.run(line)
      assert.equal(status, 0, stderr.slice(-2000))
      return stdout.trim()
    }
    /** Some at a time, for a line may not take for ever. */
    const forAll = async (command: string) => {
      const said: string[] = []
      for (let from = 0; from < containers; from += 50) {
        const some = names.slice(from, from + 50).join(' ')
        said.push(await done(`printf '%s\\n' ${some} | busybox xargs ${command}`))
      }
      return said.join('\n')
    }
    // What the first container on the bridge makes stays.
    await done(`docker run --rm ${image} busybox true`)
    const before = await belongingsOf(world)

    await forAll(`-P 4 -I NAME docker run -d --name NAME ${image} sleep 100000`)
    const shown = "docker inspect --format '{{.State.Pid}} {{.NetworkSettings.IPAddress}}'"
    const first = await forAll(shown)
    const addresses = first.split('\n').map((line) => line.split(' ')[1] ?? '')
    assert.equal(new Set(addresses).size, containers)
    const ping = `docker run --rm ${image} busybox ping -c 1 -w 10 ${addresses.at(-1)}`
    await done(ping)

    await supervisor.kill('SIGKILL')
    await world.startSupervisor()
    const running = 'docker ps --quiet --filter name=many- --filter status=running | wc -l'
    assert.equal(await done(running), String(containers))
    assert.equal(await forAll(shown), first)
    await done(ping)

    await forAll('docker rm --force')
    assert.deepEqual(await belongingsOf(world), before)
  },
)
