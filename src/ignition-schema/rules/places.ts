import type { Config } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { ancestorsOf } from './paths.ts'

/** What files, directories, links and units of one config do to each other's paths. */
export function checkPlaces(config: Draft<Config>, report: Report): void {
  const { files = [], links = [] } = config.storage ?? {}
  const linkPaths = new Set(links.map((link) => link?.path))
  const filePaths = new Set(files.map((file) => file?.path))
  const unitPaths = pathsOfUnits(config)
  for (const { path, at } of nodesOf(config)) {
    const ancestors = ancestorsOf(path)
    const link = ancestors.find((ancestor) => linkPaths.has(ancestor))
    const file = ancestors.find((ancestor) => filePaths.has(ancestor))
    if (link !== undefined) report('IGNITION_PATH_THROUGH_LINK', at, { link })
    if (file !== undefined) report('IGNITION_PATH_THROUGH_FILE', at, { file })
    if (unitPaths.has(path)) report('IGNITION_PATH_OF_UNIT', at)
  }
}

type Node = { readonly path: string; readonly at: Path }

function nodesOf({ storage = {} }: Draft<Config>): Node[] {
  return (['directories', 'files', 'links'] as const).flatMap((section) => {
    const nodes: readonly ({ readonly path?: string | undefined } | undefined)[] =
      storage[section] ?? []
    return nodes.flatMap((node, index) =>
      node?.path === undefined
        ? []
        : [{ path: node.path, at: ['storage', section, index, 'path'] }],
    )
  })
}

function pathsOfUnits(config: Draft<Config>): Set<string> {
  const paths = new Set<string>()
  for (const unit of config.systemd?.units ?? []) {
    if (unit?.name === undefined) continue
    const path = `/etc/systemd/system/${unit.name}`
    if (unit.contents) paths.add(path)
    for (const dropin of unit.dropins ?? [])
      if (dropin?.name !== undefined && dropin.contents) paths.add(`${path}.d/${dropin.name}`)
  }
  return paths
}
