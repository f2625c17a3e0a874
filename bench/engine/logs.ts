import { join } from 'node:path'
import { benchErrors } from '../../src/errors/bench.ts'
import type { Row } from '../rows.ts'
import type { Engine } from './engines.ts'
import { engineRow, inTurns, noSamples, timed } from './samples.ts'

const writers = 10
const linesOfEach = 20_000
const allLines = writers * linesOfEach
/** 20,000 lines a second. */
const limitMs = allLines / 20

const names = Array.from({ length: writers }, (_, index) => `writer-${index}`).join(' ')

/** What each container runs: a line for each write, as programs do. */
const program = `i=0; while [ $i -lt ${linesOfEach} ]; do echo "line $i of what a service has to say to whoever reads its log"; i=$((i+1)); done`

const create = `for name in ${names}; do engine create --name $name --network none $IMAGE sh -c '${program}'; done`
const lines = allLines.toLocaleString('en')

/** How fast what containers write is in the log, and read from it; each line must be there. */
export async function measureLogs({
  engines,
  runs,
  say,
}: {
  readonly engines: readonly Engine[]
  readonly runs: number
  say(text: string): void
}): Promise<Row[]> {
  say(`writing ${allLines} lines`)
  const reading = noSamples()
  const writing = await inTurns(engines, runs, async (engine) => {
    await engine.run(create)
    const took = await timed(engine, `engine start ${names}; engine wait ${names}`)
    const count = `for name in ${names}; do engine logs $name; done`
    const found = Number(await engine.run(`{ ${count}; } | wc -l`))
    const { name } = engine
    if (found !== allLines)
      throw benchErrors.error('SLIPWAY_BENCH_LINES_LOST', { name, found, written: allLines })
    reading[name].push(...(await timed(engine, count)))
    await engine.run(`engine rm ${names}`)
    return took
  })
  return [
    engineRow(`${lines} lines of ten containers, until all are in the log`, 'ms', writing, {
      limit: limitMs,
    }),
    engineRow(`${lines} lines read from the log`, 'ms', reading),
  ]
}

const receiver = join(import.meta.dirname, '../../src/supervisor/logs/forward/testing/receiver.ts')

/** The settings of an engine that forwards to the receiver below. */
export const forwardSettings = {
  logs: { forward: { bench: { type: 'json-lines', url: 'http://127.0.0.1:8001/' } } },
}

/** How fast a receiver has what containers write; each line must be there, and once. */
export async function measureForwarding(
  engine: Engine,
  { runs, say }: { readonly runs: number; say(text: string): void },
): Promise<Row[]> {
  say(`forwarding ${allLines} lines`)
  const { world } = engine
  const file = join(world.directory, 'received')
  world.start(process.execPath, receiver, '8001', file)
  const samples = noSamples()
  for (let run = 0; run < runs; run += 1) {
    await engine.run(`: >${file}; ${create}`)
    const took = await timed(
      engine,
      `engine start ${names}; engine wait ${names}
       while [ "$(wc -l <${file})" -lt ${allLines} ]; do sleep 0.05; done`,
    )
    const found = Number(await engine.run(`sleep 2; wc -l <${file}`))
    const { name } = engine
    if (found !== allLines)
      throw benchErrors.error('SLIPWAY_BENCH_LINES_LOST', { name, found, written: allLines })
    samples.ours.push(...took)
    await engine.run(`engine rm ${names}`)
  }
  return [
    engineRow(`${lines} lines of ten containers, until an HTTP receiver has all`, 'ms', samples, {
      limit: limitMs,
    }),
  ]
}
