import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { type ConfigFormat, formatOf } from '../config-check/check.ts'
import { configErrors } from '../errors/config.ts'
import { findingText, type Problem } from '../ignition-schema/index.ts'

/** The bytes of a config; `-` is standard input. Throws SLIPWAY_CONFIG_UNREADABLE. */
export async function readInput(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw configErrors.error('SLIPWAY_CONFIG_UNREADABLE', { file, reason }, error)
  }
}

export function sourceNameOf(file: string): string {
  return file === '-' ? 'stdin' : file
}

/** The format that was asked for, or that of the file. Throws SLIPWAY_CONFIG_FORMAT_UNKNOWN. */
export function chosenFormat(
  format: string | undefined,
  file: string,
  data: Uint8Array,
): ConfigFormat {
  if (format === undefined) return formatOf(file, data)
  if (format === 'json' || format === 'yaml') return format
  throw configErrors.error('SLIPWAY_CONFIG_FORMAT_UNKNOWN', { format })
}

/** As compilers do, so that editors find the places. */
export function problemLine(problem: Problem): string {
  const { source, line, column, severity, code } = problem
  return `${source}:${line}:${column}: ${severity}: ${findingText(problem)} [${code}]\n`
}
