import { type Tree, valueAt } from './yaml/tree.ts'

/** One version of a variant: what its YAML may say and what comes of it. */
export type Variant = {
  readonly name: 'fcos' | 'flatcar' | 'slipway'
  readonly version: string
  /** The minor version of the Ignition specification that it renders to: 5 is 3.5.0. */
  readonly minor: number
  readonly bootDevice: boolean
  readonly grub: boolean
  /** Containers, update settings and hostname. */
  readonly host: boolean
}

/** The minor versions of Ignition by the minor versions of each variant. */
const minors = { fcos: [0, 1, 2, 2, 3, 4, 5, 6], flatcar: [3, 4], slipway: [6] } as const

export const variants: readonly Variant[] = (['fcos', 'flatcar', 'slipway'] as const).flatMap(
  (name) =>
    minors[name].map((minor, index) => ({
      name,
      version: `1.${index}.0`,
      minor,
      bootDevice: name === 'fcos' && index >= 3,
      grub: name === 'fcos' && index >= 5,
      host: name === 'slipway',
    })),
)

export type VariantMistake = {
  readonly code:
    | 'RENDER_NOT_A_MAP'
    | 'RENDER_VARIANT_MISSING'
    | 'RENDER_VARIANT_UNKNOWN'
    | 'RENDER_VERSION_MISSING'
    | 'RENDER_VERSION_UNKNOWN'
    | 'RENDER_VERSION_EXPERIMENTAL'
  readonly path: readonly string[]
  readonly offset: number
  readonly details?: Readonly<Record<string, string>>
}

/** The variant that a config says it is of, or why there is none. */
export function variantOf(root: Tree): Variant | VariantMistake {
  if (root.kind !== 'map') return { code: 'RENDER_NOT_A_MAP', path: [], offset: root.offset }
  const names = Object.keys(minors).join(', ')
  const variant = wordOf(root, 'variant')
  if (variant.word === undefined)
    return {
      code: 'RENDER_VARIANT_MISSING',
      path: variant.path,
      offset: variant.offset,
      details: { variants: names },
    }
  const known = variants.filter(({ name }) => name === variant.word)
  if (known.length === 0) {
    const details = { variant: variant.word, variants: names }
    return { code: 'RENDER_VARIANT_UNKNOWN', path: ['variant'], offset: variant.offset, details }
  }
  const versions = known.map(({ version }) => version).join(', ')
  const version = wordOf(root, 'version')
  if (version.word === undefined)
    return {
      code: 'RENDER_VERSION_MISSING',
      path: version.path,
      offset: version.offset,
      details: { versions },
    }
  const found = known.find((each) => each.version === version.word)
  if (found !== undefined) return found
  return {
    code: version.word.includes('-') ? 'RENDER_VERSION_EXPERIMENTAL' : 'RENDER_VERSION_UNKNOWN',
    path: ['version'],
    offset: version.offset,
    details: { variant: variant.word, version: version.word, versions },
  }
}

/** The text at a key, where it is, and the path to blame if it is not there. */
function wordOf(root: Tree, key: string) {
  const value = valueAt(root, key)
  if (value?.kind !== 'scalar' || value.value === null || value.value === '')
    return { offset: value?.offset ?? root.offset, path: value === undefined ? [] : [key] }
  return { word: value.plain ?? String(value.value), offset: value.offset, path: [key] }
}
