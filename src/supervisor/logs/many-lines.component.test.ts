import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readIfThere } from '../../files/absence.ts'
import { startHost } from '../testing/host.ts'
import { eventually } from '../testing/world.ts'

const receiver = join(import.meta.dirname, 'forward/testing/receiver.ts')
const writers = Array.from({ length: 10 }, (_, index) => `writer-${index}`)
const linesOfEach = 4_000

test('ten containers that write at once lose no line and wait for no reader', async (context) => {
  const forward = { lines: { type: 'json-lines', url: 'http://127.0.0.1:8001/in' } }
  const { world, docker, image } = await startHost(context, { logs: { forward } })
  const arrivals = join(world.directory, 'lines')
  world.start(process.execPath, receiver, '8001', arrivals)
  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker.run(line)
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  const program = (name: string) =>
    `i=0; while [ $i -lt ${linesOfEach} ]; do i=$((i+1)); echo "${name} says $i"; done; [ ${name} != writer-1 ] || exec sleep 1000`
  for (const name of writers)
    await output(`docker create --name ${name} --network none ${image} sh -c '${program(name)}'`)
  // Clients that have stopped to read.
  docker.start('docker logs --follow writer-0 | sleep 1000')
  docker.start('docker attach --no-stdin writer-1 | sleep 1000')
  await output(`docker start ${writers.join(' ')}`)
  const ending = writers.filter((name) => name !== 'writer-1')
  assert.equal(await output(`docker wait ${ending.join(' ')}`), '0\n'.repeat(ending.length))

  const numbers = Array.from({ length: linesOfEach }, (_, index) => index + 1)
  const linesOf = (name: string) => numbers.map((number) => `${name} says ${number}`)
  const logged = async (name: string) => (await output(`docker logs ${name}`)).trimEnd().split('\n')
  // It runs on, since nobody can be attached to one that has ended: its last line may still be on its way.
  await eventually('the container with a client that does not read has written all', async () => {
    return (await logged('writer-1')).length === linesOfEach
  })
  for (const name of writers) assert.deepEqual(await logged(name), linesOf(name), name)

  let forwarded: string[] = []
  await eventually('all lines are forwarded', async () => {
    forwarded = ((await readIfThere(arrivals)) ?? '').match(/writer-\d says \d+/g) ?? []
    return forwarded.length >= writers.length * linesOfEach
  })
  // Batches of one container come in its order.
  for (const name of writers)
    assert.deepEqual(
      forwarded.filter((line) => line.startsWith(`${name} `)),
      linesOf(name),
      name,
    )
})
