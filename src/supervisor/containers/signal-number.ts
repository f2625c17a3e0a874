import { constants } from 'node:os'

/** The real-time signals that programs may use, as libc counts them. */
const firstRealTime = 34
const lastRealTime = 64

/** The number of a signal as `parseSignal` gives it; undefined for no signal. */
export function signalNumber(signal: string): number | undefined {
  if (/^\d+$/.test(signal)) return Number(signal)
  const [, end, offset = '0'] = /^SIGRT(MIN|MAX)(?:[+-](\d+))?$/.exec(signal) ?? []
  if (end === 'MIN') return firstRealTime + Number(offset)
  if (end === 'MAX') return lastRealTime - Number(offset)
  return new Map(Object.entries(constants.signals)).get(signal)
}
