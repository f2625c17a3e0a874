import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The checkout that this command line belongs to. */
export const project = dirname(dirname(import.meta.dirname))

/** Where results are kept between runs: SLIPWAY_CACHE, or `.cache` in the checkout. */
export const cache = process.env.SLIPWAY_CACHE ?? join(project, '.cache')

export const version = (
  JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string }
).version
