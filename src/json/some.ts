/** A field that is there or not, but never `undefined`. */
export function some<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [key in Key]?: Value } {
  const fields: { [key in Key]?: Value } = {}
  if (value !== undefined) fields[key] = value
  return fields
}
