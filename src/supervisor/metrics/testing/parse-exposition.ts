import assert from 'node:assert/strict'

export type ParsedFamily = {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: ReadonlyMap<string, number>
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'

/**
 * Reads the text format of Prometheus, more strictly than Prometheus does: families have help and type before their
 * samples, each once; samples are those of their family, each once; counters end with `_total` and are not negative.
 * Throws an AssertionError.
 */
export function parseExposition(text: string): ReadonlyMap<string, ParsedFamily> {
  assert.match(text, /\n$/)
  const families = new Map<string, ParsedFamily>()
  const lines = text.slice(0, -1).split('\n')
  while (lines.length > 0) {
    const help = new RegExp(`^# HELP (${name}) (.+)$`).exec(lines.shift() ?? '')
    assert.ok(help, 'a family begins with its help')
    const [, family = '', words = ''] = help
    assert.doesNotMatch(words.replaceAll(/\\[\\n]/g, ''), /\\/)
    const type = new RegExp(`^# TYPE ${family} (counter|gauge)$`).exec(lines.shift() ?? '')?.[1]
    assert.ok(type, `${family} has a type`)
    assert.ok(!families.has(family), `${family} is there once`)
    if (type === 'counter') assert.match(family, /_total$/)
    else assert.doesNotMatch(family, /_total$/)
    const samples = new Map<string, number>()
    while (lines[0] !== undefined && !lines[0].startsWith('#')) {
      const line = lines.shift() ?? ''
      const sample = new RegExp(`^${family}((?:\\{${label}(?:,${label})*\\})?) (\\S+)$`).exec(line)
      assert.ok(sample, `a sample of ${family}: ${line}`)
      const [, labels = '', number = ''] = sample
      assert.match(number, /^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/)
      const names = [...labels.matchAll(/([a-zA-Z0-9_]+)="/g)].map(([, one]) => one)
      assert.equal(new Set(names).size, names.length, `labels of ${line}`)
      assert.ok(!samples.has(labels), `${line} is there once`)
      const value = Number(number.replace('Inf', 'Infinity'))
      if (type === 'counter') assert.ok(value >= 0, line)
      samples.set(labels, value)
    }
    assert.ok(samples.size > 0, `${family} has samples`)
    families.set(family, { name: family, type, help: words, samples })
  }
  return families
}
