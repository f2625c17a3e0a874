import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { namesIn } from '../../files/absence.ts'
import { type Belongings, belongingsOf } from '../kills/belongings.ts'
import type { Docker } from '../testing/docker.ts'
import { startHost } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { eventually, type RunningCommand, type World } from '../testing/world.ts'

const times = 8

describe('a container that has ended', () => {
  let world: World
  let docker: Docker
  let image: string
  let present: RunningCommand
  let atFirst: Belongings
  const must = (line: string) => succeeding(docker, line)
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    ;({ world, docker, image, supervisor: present } = await startHost(cleanUps))
    // Tables of rules and directories that stay are there from now on.
    await must('docker network create --subnet 10.77.0.0/29 small')
    await must(`docker run --rm -p 8080:80 --network small ${image} id`)
    await eventually('it has left', async () => (await leaving(world)).length === 0)
    atFirst = await belongingsOf(world)
  })

  it('gives its port and its name to the next at once', async () => {
    for (let turn = 0; turn < times; turn += 1)
      await must(`docker run --rm --name again -p 8080:80 ${image} id`)
    await must(`docker run -d --name again -p 8080:80 ${image}`)
    assert.equal(await world.get('http://127.0.0.1:8080'), 'hello from the container\n')
    await must('docker rm -f again')
    await must(`docker run -d --name again -p 8080:80 ${image}`)
    assert.equal(await world.get('http://127.0.0.1:8080'), 'hello from the container\n')
    await must('docker rm -f again')
    await nothingLeft(world, atFirst)
  })

  it('gives its address to the next that wants it, and to any when all are taken', async () => {
    const inside = `docker run --rm --network small --ip 10.77.0.3 ${image} busybox ip -4 addr show eth0`
    for (let turn = 0; turn < times; turn += 1)
      assert.match((await must(inside)).stdout, /10\.77\.0\.3/)
    // Five have place.
    for (let turn = 0; turn < times; turn += 1)
      await must(`docker run --rm --network small ${image} id`)
    await nothingLeft(world, atFirst)
  })

  it('starts again after it has left', async () => {
    await must(`docker run -d --name again --stop-timeout 0 -p 8080:80 ${image}`)
    for (let turn = 0; turn < 3; turn += 1) {
      await must('docker restart again')
      assert.equal(await world.get('http://127.0.0.1:8080'), 'hello from the container\n')
    }
    await must('docker rm -f again')
    await nothingLeft(world, atFirst)
  })

  it('holds up the removal of its network, and a container that is put on it', async () => {
    for (let turn = 0; turn < times; turn += 1)
      await must(
        `docker network create passing && docker run --rm --network passing ${image} id && docker network rm passing`,
      )
    await must(`docker run -d --name stays ${image} sleep 1000`)
    await must(`docker run --rm --network small --ip 10.77.0.4 ${image} id`)
    await must('docker network connect --ip 10.77.0.4 small stays')
    assert.match((await must('docker exec stays busybox ip -4 addr')).stdout, /10\.77\.0\.4/)
    await must('docker rm -f stays')
    await nothingLeft(world, atFirst)
  })

  it('has left after a supervisor that was killed meanwhile', async (context) => {
    let interrupted = 0
    for (let turn = 0; turn < 4; turn += 1) {
      await must(`docker run -d --name one -p 8080:80 ${image}`)
      await must(`docker run -d --name two --network small --ip 10.77.0.5 ${image}`)
      await must('docker rm -f one two')
      await present.kill('SIGKILL')
      interrupted += (await leaving(world)).length
      present = await world.startSupervisor()
      await must(`docker run --rm -p 8080:80 --network small --ip 10.77.0.5 ${image} id`)
    }
    context.diagnostic(`${interrupted} of 8 had not left`)
    assert.ok(interrupted > 0)
    await nothingLeft(world, atFirst)
  })

  it('has left when the supervisor ends as it is told', async () => {
    await must(`docker run -d --name one -p 8080:80 ${image} && docker rm -f one`)
    await present.kill('SIGTERM')
    assert.deepEqual(await leaving(world), [])
    present = await world.startSupervisor()
    await nothingLeft(world, atFirst)
  })
})

async function succeeding(docker: Docker, line: string) {
  const output = await docker.run(line)
  assert.equal(output.status, 0, `${line}: ${output.stderr}`)
  return output
}

async function leaving({ directory }: World): Promise<readonly string[]> {
  return await namesIn(join(directory, 'run/leaving'))
}

async function nothingLeft(world: World, before: Belongings): Promise<void> {
  await eventually('all have left', async () =>
    isDeepStrictEqual(await belongingsOf(world), before),
  ).catch(() => {})
  assert.deepEqual(await belongingsOf(world), before)
}
