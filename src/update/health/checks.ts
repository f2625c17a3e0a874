import { describeError } from '../../journal/log.ts'
import type { Baseline } from './baseline.ts'
import {
  addressedInterfaces,
  type ContainerRun,
  containerRun,
  declaredContainers,
  isWell,
  listContainers,
  refusalKey,
  type SeenRefusal,
  supervisorSocket,
} from './observe.ts'
import { serverAnswers } from './server.ts'

/** One thing that must hold. */
export type Check = {
  /** What `slipctl update status` calls it. */
  readonly name: string
  /** Why it does not hold; undefined when it does. */
  readonly run: (signal: AbortSignal) => Promise<string | undefined>
}

export type WhatToCheck = {
  readonly baseline: Baseline
  readonly containers: boolean
  readonly network: boolean
  /** Base address of the update server, if it must answer; ends in `/`. */
  readonly server?: string
  readonly socket?: string
}

/** The checks of a host, in the order in which a failure explains those that follow. */
export function checksFor(what: WhatToCheck): Check[] {
  const { baseline, socket = supervisorSocket, server } = what
  return [
    { name: 'supervisor', run: () => reasonOf(() => supervisorAnswers(socket)) },
    ...(what.network
      ? [{ name: 'network', run: async () => missingInterfaces(baseline, addressedInterfaces()) }]
      : []),
    ...(what.containers ? [containersCheck(baseline, socket)] : []),
    ...(server === undefined
      ? []
      : [{ name: 'server', run: (signal: AbortSignal) => serverAnswers(server, signal) }]),
  ]
}

export function missingInterfaces(
  baseline: Baseline,
  interfaces: readonly string[],
): string | undefined {
  const missing = baseline.interfaces.filter((name) => !interfaces.includes(name))
  return missing.length === 0 ? undefined : `no address on ${missing.join(', ')}, which had one`
}

/**
 * The containers that ran before run again, if they are still declared, and none of them was started anew
 * between one look and the next: one that crashes and is restarted runs most of the time. One that the release
 * has another image for is replaced by it: that the old one came back is no success.
 */
function containersCheck(baseline: Baseline, socket: string): Check {
  let lastRuns = new Map<string, ContainerRun>()
  return {
    name: 'containers',
    run: () =>
      reasonOf(async () => {
        const [seen, declared] = await Promise.all([
          listContainers(socket),
          declaredContainers(socket),
        ])
        const expected = baseline.containers.filter((name) => declared.names.has(name))
        const running = seen.filter(
          ({ name, state }) => expected.includes(name) && state === 'running',
        )
        const runs = new Map<string, ContainerRun>()
        for (const { id, name } of running) runs.set(name, await containerRun(socket, id))
        const absent = expected.filter((name) => !runs.has(name))
        const restarted = [...runs].filter(
          ([name, { startedAt }]) => (lastRuns.get(name)?.startedAt ?? startedAt) !== startedAt,
        )
        lastRuns = runs
        if (absent.length > 0) return `not running: ${absent.join(', ')}`
        if (restarted.length > 0) return `restarting: ${restarted.map(([name]) => name).join(', ')}`
        const unwell = [...runs].find(([, run]) => !isWell(run))
        if (unwell !== undefined) return `${unwell[1].health}: ${unwell[0]}`
        const failed = declared.refusals.find((refusal) => isNew(refusal, baseline))
        if (failed !== undefined) return `not replaced: ${failed.container}: ${failed.reason}`
        const pending = expected.filter((name) => declared.beingReplaced.has(name))
        if (pending.length > 0) return `being replaced: ${pending.join(', ')}`
        return undefined
      }),
  }
}

function isNew(refusal: SeenRefusal, { refusals }: Baseline): boolean {
  return refusals !== undefined && !refusals.includes(refusalKey(refusal))
}

async function supervisorAnswers(socket: string): Promise<undefined> {
  await listContainers(socket)
  return undefined
}

/** A question that is not answered is a reason like any other. */
async function reasonOf(question: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await question()
  } catch (error) {
    return describeError(error)
  }
}
