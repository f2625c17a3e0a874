import { run } from '../src/pipeline/program.ts'
import type { Ours } from './ours.ts'
import type { Peer } from './peer.ts'
import { type Row, row } from './rows.ts'

export type Measuring = {
  readonly ours: Ours
  readonly peer: Peer | undefined
  /** How often each figure is taken. */
  readonly runs: number
  readonly signal: AbortSignal
  say(text: string): void
}

/** Times builds: cold, warm, and after a change of one file; ours and the peer's in turns. */
export async function measureBuild({ ours, peer, runs, signal, say }: Measuring): Promise<Row[]> {
  const samples = async (
    title: string,
    count: number,
    sides: { readonly ours: () => Promise<number>; readonly peer?: () => Promise<number> },
  ) => {
    const taken: { ours: number[]; peer: number[] } = { ours: [], peer: [] }
    for (let index = 0; index < count; index++)
      for (const side of ['ours', 'peer'] as const) {
        const take = sides[side]
        if (!take || (side === 'peer' && !peer)) continue
        const tookMs = await take()
        taken[side].push(tookMs)
        say(`${title}, ${side === 'ours' ? 'Slipway' : 'mkosi'}: ${(tookMs / 1000).toFixed(1)} s`)
      }
    return taken
  }
  /** What earlier steps still have to write must not slow down the one that is timed. */
  const settle = () => run('sync', [], { signal })
  const cold = (downloads: boolean) => ({
    ours: async () => {
      await ours.forget({ downloads })
      await settle()
      return await ours.build()
    },
    ...(peer && {
      peer: async () => {
        await peer.forget({ downloads })
        await settle()
        return await peer.build()
      },
    }),
  })
  let change = 0
  await ours.restore()
  const downloading = await samples('cold build with downloads', 1, cold(true))
  const packaged = await samples('cold build', runs, cold(false))
  const warm = await samples('build without a change', runs, { ours: ours.build })
  // mkosi's cache of the base is made outside the timing, like the results that we keep.
  if (peer) await peer.build({ incremental: true })
  const changed = await samples('build after a change of one file', runs, {
    ours: async () => {
      await ours.touch(String(++change))
      await settle()
      return await ours.build()
    },
    ...(peer && {
      peer: async () => {
        await peer.touch(`${++change}\n`)
        await settle()
        return await peer.build({ incremental: true })
      },
    }),
  })
  await ours.restore()
  await ours.build()
  return [
    row('build', 'Cold build, packages to be downloaded', 'ms', downloading),
    row('build', 'Cold build, packages already downloaded', 'ms', packaged, { share: 0.5 }),
    row('build', 'Build with nothing changed', 'ms', warm),
    row('build', 'Build after a change of one file', 'ms', changed, { limit: 20_000 }),
  ]
}
