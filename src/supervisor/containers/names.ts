import { randomInt } from 'node:crypto'

/** How many names without a number are tried: of few containers, none has one. */
const PLAIN = 10

/** A name for a container that was given none, two words that are easy to say; `isTaken` tells which cannot be had. */
export function freeName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const number = attempt < PLAIN ? '' : randomInt(10 ** Math.min(attempt - PLAIN + 1, 9))
    const name = `${pick(adjectives)}_${pick(ships)}${number}`
    if (!isTaken(name)) return name
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? ''
}

const adjectives =
  'brave bright brisk calm clever daring eager fair gentle happy keen kind lively lucky merry nimble proud quick quiet ready sharp sleek steady swift true vivid warm wise'.split(
    ' ',
  )
const ships =
  'barque brig caravel carrack catamaran clipper cog cutter dhow dinghy dory felucca ferry frigate galleon galley junk ketch knarr lugger pinnace pram schooner skiff sloop smack trawler trimaran tug wherry yacht yawl'.split(
    ' ',
  )
