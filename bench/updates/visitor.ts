import { setTimeout as delay } from 'node:timers/promises'
import { askOnce } from '../../src/start/probe.ts'

/** One question of a visitor of a container. */
export type Visit = {
  /** Of performance.now(). */
  readonly answeredAtMs: number
  readonly tookMs: number
  readonly isAnswered: boolean
}

export type Latencies = { readonly p50: number; readonly p99: number; readonly max: number }

const pauseMs = 20
const patienceMs = 10_000

/** Asks a container again and again, one question at a time, while `action` lasts. */
export async function visit<T>(
  port: number | undefined,
  action: () => Promise<T>,
): Promise<{ readonly value: T; readonly visits: readonly Visit[] }> {
  const visits: Visit[] = []
  let isOver = false
  const visitor = (async () => {
    while (!isOver) {
      const startedMs = performance.now()
      const isAnswered = await answers(port, patienceMs)
      const answeredAtMs = performance.now()
      visits.push({ answeredAtMs, tookMs: answeredAtMs - startedMs, isAnswered })
      await delay(pauseMs)
    }
  })()
  try {
    return { value: await action(), visits }
  } finally {
    isOver = true
    await visitor
  }
}

/** A question without an answer counts with the time that was waited for it. */
export function latencies(visits: readonly Visit[]): Latencies {
  const times = visits.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const at = (share: number) => times[Math.max(0, Math.ceil(times.length * share) - 1)] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/**
 * Asks every 100 ms, without waiting for the answer before, until `isBack` says that the answer after a reboot
 * may come and one came. Gives the milliseconds from the last answer before to the first one after.
 */
export async function downtime(
  port: number | undefined,
  isBack: () => boolean,
  check: () => void,
): Promise<number> {
  let lastMs = performance.now()
  let firstMs: number | undefined
  const ask = async () => {
    if (!(await answers(port, 2000)) || firstMs !== undefined) return
    if (isBack()) firstMs = performance.now()
    else lastMs = performance.now()
  }
  while (firstMs === undefined) {
    check()
    void ask()
    await delay(100)
  }
  return firstMs - lastMs
}

async function answers(port: number | undefined, timeoutMs: number): Promise<boolean> {
  try {
    const { status } = await askOnce({ port, method: 'GET', path: '/', timeoutMs })
    return status === 200
  } catch {
    // No answer is an answer here.
    return false
  }
}
