import { type Aim, type Row, row, type Unit } from '../rows.ts'
import type { Engine, EngineName } from './engines.ts'

/** What was measured of each engine, in the order of measuring. */
export type Samples = Readonly<Record<EngineName, number[]>>

export function noSamples(): Samples {
  return { ours: [], dockerd: [], podman: [] }
}

/** Measures the engines one after another, and round again: whatever slows the machine down meets all of them. */
export async function inTurns(
  engines: readonly Engine[],
  rounds: number,
  measure: (engine: Engine) => Promise<readonly number[]>,
): Promise<Samples> {
  const samples = noSamples()
  for (let round = 0; round < rounds; round++)
    for (const engine of engines) samples[engine.name].push(...(await measure(engine)))
  return samples
}

/** Milliseconds that a line took each time, by the clock of the shell that runs it in the engine's world. */
export async function timed(engine: Engine, line: string, times = 1): Promise<number[]> {
  const text = await engine.run(`
for turn in $(seq ${times}); do
  before=$EPOCHREALTIME
  { ${line}
  } >/dev/null
  after=$EPOCHREALTIME
  echo $((\${after/[.,]/} - \${before/[.,]/}))
done`)
  return text
    .trim()
    .split('\n')
    .map((microseconds) => Number(microseconds) / 1000)
}

/** One row: dockerd is the peer, podman stands beside. */
export function engineRow(title: string, unit: Unit, samples: Samples, aim?: Aim): Row {
  const { ours, dockerd, podman } = samples
  const made = row('engine', title, unit, { ours, peer: dockerd }, aim)
  return podman.length === 0 ? made : { ...made, third: podman }
}
