import type { ProblemCode } from './catalogue/index.ts'

/** What a text is that is meant for another program, by its code; undefined for others. */
export function foreignFormat(text: string): ProblemCode | undefined {
  const [first = ''] = text.split('\n', 1)
  if (text.startsWith('\uFEFF')) return 'IGNITION_BYTE_ORDER_MARK'
  if (/^#cloud-config\b/.test(first)) return 'IGNITION_CLOUD_CONFIG'
  if (first.startsWith('#!')) return 'IGNITION_SCRIPT'
  if (/^(?:Content-Type|MIME-Version):/i.test(first)) return 'IGNITION_MIME_ARCHIVE'
  if (/^variant:\s*\S/m.test(text) && !text.trimStart().startsWith('{')) return 'IGNITION_BUTANE'
  return undefined
}
