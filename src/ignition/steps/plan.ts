import { dirname, join } from 'node:path'
import type { Config, Unit } from '../../ignition-schema/index.ts'
import { authorizedKeysPath, presetPath, unitDirectory } from '../paths.ts'
import type { Step } from './step.ts'

/**
 * Everything that a config wants, in the order of the reference implementation: users and groups, files,
 * directories and links from the shallowest to the deepest, hard links after all that they may lead to,
 * and units last.
 */
export function planSteps(config: Config, { depthOf, userOf }: Knowledge): Step[] {
  const nodes = [...directorySteps(config), ...fileSteps(config), ...linkSteps(config)]
  const isHard = (step: Step) => step.kind === 'link' && step.hard
  const depth = new Map(nodes.map(({ path }) => [path, depthOf(path)]))
  const shallowFirst = nodes
    .filter((step) => !isHard(step))
    .sort((a, b) => (depth.get(a.path) ?? 0) - (depth.get(b.path) ?? 0))
  return [
    ...accountSteps(config),
    ...keySteps(config, userOf),
    ...shallowFirst,
    ...nodes.filter(isHard),
    ...unitSteps(config),
  ]
}

/** What a plan depends on beside the config. */
export type Knowledge = {
  /** Counts the steps of a path once its links are followed. */
  depthOf(path: string): number
  /** A user as it will be once the config's are made; undefined for one that cannot be made. */
  userOf(
    name: string,
  ): { readonly uid: number; readonly gid: number; readonly home: string } | undefined
}

function accountSteps({ passwd }: Config): Step[] {
  const isAny = (passwd?.users ?? []).length + (passwd?.groups ?? []).length > 0
  if (passwd === undefined || !isAny) return []
  return [{ kind: 'accounts', at: ['passwd'], path: '/etc/passwd', passwd }]
}

/** SSH keys are their user's, in directories that nobody else may read. */
function keySteps({ passwd }: Config, userOf: Knowledge['userOf']): Step[] {
  return (passwd?.users ?? []).flatMap(({ name, sshAuthorizedKeys = [], shouldExist }, index) => {
    const user = userOf(name)
    if (sshAuthorizedKeys.length === 0 || shouldExist === false || user === undefined) return []
    const owned = {
      at: ['passwd', 'users', index, 'sshAuthorizedKeys'],
      user: { id: user.uid },
      group: { id: user.gid },
    }
    const path = join(user.home, authorizedKeysPath)
    const directories = [dirname(dirname(path)), dirname(path)].map(
      (each): Step => ({ ...owned, kind: 'directory', path: each, overwrite: false, mode: 0o700 }),
    )
    const text = sshAuthorizedKeys.join('\n')
    const contents = dataResource(text.endsWith('\n') ? text : `${text}\n`)
    return [
      ...directories,
      { ...owned, kind: 'file', path, overwrite: true, mode: 0o600, contents, append: [] },
    ]
  })
}

function dataResource(text: string) {
  return { source: `data:;base64,${Buffer.from(text).toString('base64')}` }
}

function directorySteps({ storage }: Config): Step[] {
  return (storage?.directories ?? []).map(({ overwrite, user, group, ...directory }, index) => ({
    ...directory,
    kind: 'directory',
    at: ['storage', 'directories', index],
    overwrite: overwrite ?? false,
    user: user ?? {},
    group: group ?? {},
  }))
}

function fileSteps({ storage }: Config): Step[] {
  return (storage?.files ?? []).map((file, index) => {
    const { path, mode, contents } = file
    return {
      kind: 'file',
      at: ['storage', 'files', index],
      path,
      overwrite: file.overwrite ?? false,
      user: file.user ?? {},
      group: file.group ?? {},
      append: file.append ?? [],
      ...(contents?.source === undefined ? {} : { contents }),
      ...(mode === undefined ? {} : { mode }),
    }
  })
}

function linkSteps({ storage }: Config): Step[] {
  return (storage?.links ?? []).map(({ path, target, hard, overwrite, user, group }, index) => ({
    kind: 'link',
    at: ['storage', 'links', index],
    path,
    target: target ?? '',
    hard: hard ?? false,
    overwrite: overwrite ?? false,
    user: user ?? {},
    group: group ?? {},
  }))
}

function unitSteps({ systemd }: Config): Step[] {
  const units = systemd?.units ?? []
  const steps = units.flatMap((unit, index) => oneUnit(unit, index))
  const lines = presetLines(units)
  if (lines.length > 0)
    steps.push({ kind: 'lines', at: ['systemd', 'units'], path: presetPath, lines })
  return steps
}

function oneUnit({ name, contents, dropins = [], mask, enabled }: Unit, index: number): Step[] {
  const at = ['systemd', 'units', index]
  const path = `${unitDirectory}/${name}`
  const root = { overwrite: true, user: {}, group: {} }
  const file = (where: string, text: string): Step => ({
    ...root,
    kind: 'file',
    at,
    path: where,
    append: [],
    contents: dataResource(text),
  })
  const steps = dropins.flatMap((dropin) =>
    dropin.contents === undefined ? [] : [file(`${path}.d/${dropin.name}`, dropin.contents)],
  )
  if (mask === true)
    steps.push({ ...root, kind: 'link', at, path, target: '/dev/null', hard: false })
  else if (contents) steps.push(file(path, contents))
  if (mask === false) steps.push({ kind: 'unmask', at, path })
  if (enabled === false) steps.push({ kind: 'disable', at, path: unitDirectory, unit: name })
  return steps
}

/**
 * `enable NAME`, or `enable TEMPLATE INSTANCE…` (systemd.preset(5)), in the order of the names. systemd
 * applies them at the first boot, when the machine has no id yet.
 */
function presetLines(units: readonly Unit[]): string[] {
  const presets = new Map<string, { unit: string; verb: string; instances: string[] }>()
  for (const { name, enabled } of units) {
    if (enabled === undefined) continue
    const [, prefix, instance, type] = /^([^@]+@)(.+)(\.[a-z]+)$/.exec(name) ?? []
    const unit = instance === undefined ? name : `${prefix}${type}`
    const verb = enabled ? 'enable' : 'disable'
    const key = `${unit}-${verb}d`
    const preset = presets.get(key) ?? { unit, verb, instances: [] }
    if (instance !== undefined) preset.instances.push(instance)
    presets.set(key, preset)
  }
  const inOrder = [...presets].sort(([a], [b]) => (a < b ? -1 : 1))
  return inOrder.map(([, { unit, verb, instances }]) => [verb, unit, ...instances].join(' '))
}
