import { Matcher, matchLength } from './match.ts'

/** How a piece of the target is made. */
export type Operation =
  /** From the seed as it is. */
  | { readonly kind: 'copy'; readonly seedOffset: number; readonly length: number }
  /** From the seed, each byte changed by the difference. */
  | { readonly kind: 'add'; readonly seedOffset: number; readonly length: number }
  /** New. */
  | { readonly kind: 'literal'; readonly length: number }

/**
 * The operations that make the target of the seed, in the target's order. After Colin Percival, Naive
 * Differences of Executable Code (2003): places that are nearly equal count as matches, since code that
 * moved differs in the addresses that it holds, and their differences compress well.
 */
export function* diff(seed: Buffer, target: Buffer): Generator<Operation> {
  let done = 0
  for (const { targetOffset, seedOffset, length } of alike(seed, target)) {
    if (targetOffset > done) yield { kind: 'literal', length: targetOffset - done }
    yield* copiesWithin(seed, seedOffset, target, targetOffset, length)
    done = targetOffset + length
  }
  if (target.length > done) yield { kind: 'literal', length: target.length - done }
}

/** Equal bytes in a row that are worth an operation of their own. */
const COPY_BYTES = 2048

/** Parts a stretch that is alike into what is equal and what is not quite. */
function* copiesWithin(
  seed: Buffer,
  seedOffset: number,
  target: Buffer,
  targetOffset: number,
  length: number,
): Generator<Operation> {
  let from = 0
  for (let at = 0; at < length; ) {
    const equal = Math.min(
      length - at,
      matchLength(seed, seedOffset + at, target, targetOffset + at),
    )
    if (equal >= COPY_BYTES || equal === length) {
      if (at > from) yield { kind: 'add', seedOffset: seedOffset + from, length: at - from }
      yield { kind: 'copy', seedOffset: seedOffset + at, length: equal }
      from = at + equal
    }
    at += Math.max(equal, 1)
  }
  if (length > from) yield { kind: 'add', seedOffset: seedOffset + from, length: length - from }
}

type Alike = {
  readonly targetOffset: number
  readonly seedOffset: number
  readonly length: number
}

/** A match must be so much better than going on where the last one led. */
const ADVANTAGE_BYTES = 8
/** So long a match in line with the last one is taken unseen. */
const IN_LINE_BYTES = 32

function* alike(seed: Buffer, target: Buffer): Generator<Alike> {
  const matcher = new Matcher(seed)
  let scan = 0
  let length = 0
  let place = 0
  let lastScan = 0
  let lastPlace = 0
  let shift = 0
  const inLine = (at: number) => seed[at + shift] === target[at]
  while (scan < target.length) {
    scan += length
    length = 0
    let score = 0
    for (let scored = scan; scan < target.length; scan += 1) {
      const here = scan + shift
      const straight = here >= 0 && here < seed.length ? matchLength(seed, here, target, scan) : 0
      const found =
        straight >= IN_LINE_BYTES
          ? { seedOffset: here, length: straight }
          : matcher.longest(target, scan)
      length = found?.length ?? 0
      place = found?.seedOffset ?? 0
      for (; scored < scan + length; scored += 1) if (inLine(scored)) score += 1
      if ((length === score && length !== 0) || length > score + ADVANTAGE_BYTES) break
      if (scored > scan) {
        if (inLine(scan)) score -= 1
      } else scored = scan + 1
    }
    if (length === score && scan < target.length) continue

    let forward = extentForward(seed, lastPlace, target, lastScan, scan)
    let backward = scan < target.length ? extentBackward(seed, place, target, scan, lastScan) : 0
    const overlap = lastScan + forward - (scan - backward)
    if (overlap > 0) {
      const kept = bestCut(
        seed,
        lastPlace + forward - overlap,
        place - backward,
        target,
        scan - backward,
        overlap,
      )
      forward += kept - overlap
      backward -= kept
    }
    if (forward > 0) yield { targetOffset: lastScan, seedOffset: lastPlace, length: forward }
    lastScan = scan - backward
    lastPlace = place - backward
    shift = place - scan
  }
}

/** How far the last match goes on, as long as most bytes are equal. */
function extentForward(
  seed: Buffer,
  seedStart: number,
  target: Buffer,
  targetStart: number,
  targetEnd: number,
): number {
  let equal = 0
  let best = 0
  let extent = 0
  const limit = Math.min(targetEnd - targetStart, seed.length - seedStart)
  for (let at = 0; at < limit; ) {
    if (seed[seedStart + at] === target[targetStart + at]) equal += 1
    at += 1
    if (equal * 2 - at > best) {
      best = equal * 2 - at
      extent = at
    }
  }
  return extent
}

/** How far a match begins earlier, as long as most bytes are equal. */
function extentBackward(
  seed: Buffer,
  seedEnd: number,
  target: Buffer,
  targetEnd: number,
  targetStart: number,
): number {
  let equal = 0
  let best = 0
  let extent = 0
  const limit = Math.min(targetEnd - targetStart, seedEnd)
  for (let at = 1; at <= limit; at += 1) {
    if (seed[seedEnd - at] === target[targetEnd - at]) equal += 1
    if (equal * 2 - at > best) {
      best = equal * 2 - at
      extent = at
    }
  }
  return extent
}

/** Where two matches overlap: how many of the bytes the first one keeps, so that most are equal. */
function bestCut(
  seed: Buffer,
  first: number,
  second: number,
  target: Buffer,
  targetStart: number,
  length: number,
): number {
  let score = 0
  let best = 0
  let cut = 0
  for (let at = 0; at < length; at += 1) {
    const byte = target[targetStart + at]
    if (seed[first + at] === byte) score += 1
    if (seed[second + at] === byte) score -= 1
    if (score > best) {
      best = score
      cut = at + 1
    }
  }
  return cut
}
