import type { FieldPath } from '../../checked-yaml/problem.ts'
import type { Entry, NodeReader } from '../compose/node-reader.ts'

/** When images that nobody needs go, in percent of the file system that they are on. */
export type CollectionSettings = {
  /** The high water mark: fuller than this, images go. */
  readonly abovePercent: number
  /** The low water mark: until it is no fuller than this. */
  readonly downToPercent: number
}

export const defaultCollection: CollectionSettings = { abovePercent: 85, downToPercent: 80 }

/** How far below a high mark the low one is that nobody named. */
const usualDistance = defaultCollection.abovePercent - defaultCollection.downToPercent

/** Reads both marks; undefined when nothing is to be collected, or after a problem was reported. */
export function readCollection(
  reader: NodeReader,
  { above, downTo }: { readonly above?: Entry | undefined; readonly downTo?: Entry | undefined },
): CollectionSettings | undefined {
  if (above !== undefined && isNever(reader, above)) {
    if (downTo !== undefined)
      reader.problem(
        downTo.keyNode,
        path('collectDownTo'),
        'collectAbove: never leaves it no sense',
      )
    return undefined
  }
  const high = above && percent(reader, above.value, path('collectAbove'))
  const low = downTo && percent(reader, downTo.value, path('collectDownTo'))
  if ((above !== undefined && high === undefined) || (downTo !== undefined && low === undefined))
    return undefined
  const abovePercent = high ?? defaultCollection.abovePercent
  const downToPercent = low ?? Math.max(0, abovePercent - usualDistance)
  if (downToPercent < abovePercent) return { abovePercent, downToPercent }
  return reader.problem(
    (downTo ?? above)?.value,
    path('collectDownTo'),
    `expected less than collectAbove, which is ${abovePercent}%; found ${downToPercent}%`,
  )
}

function isNever(reader: NodeReader, { value }: Entry): boolean {
  return reader.text(value, path('collectAbove'), expected) === 'never'
}

const expected = 'a share of the file system such as 85%'

function percent(reader: NodeReader, node: unknown, at: FieldPath): number | undefined {
  return reader.parsed(node, at, expected, (text) => {
    const [, digits = ''] = /^(\d{1,2})%$/.exec(text) ?? []
    if (digits === '') throw new RangeError(`expected ${expected}, found "${text}"`)
    return Number(digits)
  })
}

function path(field: string): FieldPath {
  return ['images', field]
}
