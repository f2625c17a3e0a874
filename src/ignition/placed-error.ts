import { SlipwayError } from '../errors/error.ts'
import type { ParsedConfig, Path, Problem } from '../ignition-schema/index.ts'

/** An error, with the place of a config that asked for what failed. */
export class PlacedError extends SlipwayError {
  readonly problem: Problem

  constructor(parsed: ParsedConfig, path: Path, error: SlipwayError) {
    const { code, message, next, details } = error
    super(code, next === undefined ? { message } : { message, next }, details, error)
    this.problem = parsed.problem('error', path, message)
  }
}

/** What `work` gives; its errors of the catalogue become ones with that place. */
export async function placed<Result>(
  parsed: ParsedConfig,
  path: Path,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SlipwayError) || error instanceof PlacedError) throw error
    throw new PlacedError(parsed, path, error)
  }
}
