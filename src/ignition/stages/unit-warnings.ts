import { type Config, type Problem, setsIn, type Unit } from '../../ignition-schema/index.ts'
import { unitDirectory } from '../paths.ts'
import { metadataOf } from '../platform-metadata/asked.ts'
import type { TargetRoot } from '../root/target-root.ts'
import { findUnit, templateOf } from '../root/unit-file.ts'
import type { ParsedConfig } from './stage.ts'

/**
 * Warns of units that a config enables without effect, of those that the target root has; those that the
 * config brings were held against the specification before.
 */
export function unitWarnings(config: Config, parsed: ParsedConfig, root: TargetRoot): Problem[] {
  const units = config.systemd?.units ?? []
  const brought = new Set([
    ...units.filter(({ contents }) => contents).map(({ name }) => name),
    ...filesIn(config),
  ])
  return units.flatMap((unit, index) => {
    const names = [unit.name, templateOf(unit.name)]
    const isBrought = names.some((name) => name !== undefined && brought.has(name))
    // Carried out by Ignition itself: see platform-metadata.
    const isUnit = metadataOf(unit) === undefined
    const reason = unit.enabled === true && isUnit && !isBrought ? whyNot(unit, root) : undefined
    if (reason === undefined) return []
    const path = ['systemd', 'units', index, 'enabled']
    return [parsed.problem('warning', path, ...reason)]
  })
}

function whyNot(
  { name, mask, dropins = [] }: Unit,
  root: TargetRoot,
): [message: string, expected?: string] | undefined {
  const found = findUnit(name, root)
  if (found === undefined) return [`enabling has no effect: the host has no unit ${name}`]
  if (found.isMasked && mask === false) return undefined
  if (found.isMasked) return [`enabling has no effect: ${name} is masked`, 'mask: false too']
  if (found.aliasOf !== undefined)
    return [`enabling has no effect: ${name} is another name`, found.aliasOf]
  const texts = [found.text ?? '', ...dropins.map(({ contents = '' }) => contents)]
  if (texts.some((text) => setsIn(text, 'Install'))) return undefined
  return [`enabling has no effect: ${found.path} has no [Install] section`]
}

/** Units that are written as files or links. */
function filesIn({ storage }: Config): string[] {
  return [...(storage?.files ?? []), ...(storage?.links ?? [])]
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${unitDirectory}/`))
    .map((path) => path.slice(unitDirectory.length + 1))
}
