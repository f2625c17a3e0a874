/** Licences of a Debian package, as its copyright file declares them. */
export type DeclaredLicences = {
  /** Distinct short names in the order of the file: 'GPL-2+', 'Expat or Apache-2.0'. */
  readonly names: readonly string[]
  /** Why there are none, or what is uncertain; empty when the file is plain about it. */
  readonly facts: readonly string[]
}

/**
 * Reads a machine-readable copyright file (DEP-5, copyright-format/1.0). Stanzas that speak of
 * nothing but the packaging (`Files: debian/*`) are left out: it is not in the binary package.
 * A file of any other form declares nothing that a program could rely on; which of the common
 * licences it refers to is told as a fact.
 */
export function declaredLicences(copyright: string | undefined): DeclaredLicences {
  if (copyright === undefined) return { names: [], facts: ['the package has no copyright file'] }
  const stanzas = parseStanzas(copyright)
  if (!/^https?:\/\/.*copyright-format\//.test(stanzas[0]?.get('format') ?? ''))
    return {
      names: [],
      facts: ['the copyright file is not machine-readable', ...refersTo(copyright)],
    }
  const names = stanzas
    .filter((stanza) => stanza.has('files') && !isPackaging(stanza.get('files') ?? ''))
    .map((stanza) => shortName(stanza.get('license') ?? ''))
    .filter((name) => name !== '')
  if (names.length > 0) return { names: [...new Set(names)], facts: [] }
  const header = shortName(stanzas[0]?.get('license') ?? '')
  if (header !== '') return { names: [header], facts: [] }
  return { names: [], facts: ['the copyright file names no licence', ...refersTo(copyright)] }
}

/**
 * The SPDX expression that means the same as a Debian short name; undefined when a part of it is
 * not known to mean the same as an SPDX licence. "and" binds tighter than "or", unless a comma before
 * one of them says otherwise (copyright-format/1.0, "License specification").
 */
export function spdxExpression(name: string): string | undefined {
  const conjunctions = name.match(/,\s+(?:and|or)\s+/gi) ?? []
  const kinds = new Set(conjunctions.map((word) => word.replace(/[\s,]/g, '').toUpperCase()))
  const [kind] = kinds
  if (kind === undefined) return join(name.split(/\s+or\s+/i), conjunction, 'OR')
  if (kinds.size > 1) return undefined
  return join(name.split(/,\s+(?:and|or)\s+/i), spdxExpression, kind)
}

function conjunction(text: string): string | undefined {
  return join(text.split(/\s+and\s+/i), spdxLicence, 'AND')
}

function join(
  parts: readonly string[],
  translate: (part: string) => string | undefined,
  operator: string,
): string | undefined {
  const translated = parts.map(translate)
  if (!translated.every((part) => part !== undefined)) return undefined
  if (translated.length === 1) return translated[0]
  return translated
    .map((part) => (/ (?:AND|OR) /.test(part) ? `(${part})` : part))
    .join(` ${operator} `)
}

/** Debian's short names that differ from SPDX's, and those that are the same but for their case. */
const spdxNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    expat: 'MIT',
    mit: 'MIT',
    isc: 'ISC',
    zlib: 'Zlib',
    curl: 'curl',
    '0bsd': '0BSD',
    'bsd-2-clause': 'BSD-2-Clause',
    'bsd-3-clause': 'BSD-3-Clause',
    'bsd-4-clause': 'BSD-4-Clause',
    'apache-2.0': 'Apache-2.0',
    'mpl-1.1': 'MPL-1.1',
    'mpl-2.0': 'MPL-2.0',
    'cc0-1.0': 'CC0-1.0',
    cc0: 'CC0-1.0',
    'cc-by-4.0': 'CC-BY-4.0',
    'cc-by-sa-4.0': 'CC-BY-SA-4.0',
    'artistic-2.0': 'Artistic-2.0',
    artistic: 'Artistic-1.0-Perl',
    'python-2.0': 'Python-2.0',
    'psf-2': 'PSF-2.0',
    'bsl-1.0': 'BSL-1.0',
    'unicode-dfs-2016': 'Unicode-DFS-2016',
    openssl: 'OpenSSL',
    beerware: 'Beerware',
    wtfpl: 'WTFPL',
    unlicense: 'Unlicense',
    'apache-2': 'Apache-2.0',
    'afl-2.0': 'AFL-2.0',
    'afl-2.1': 'AFL-2.1',
    'cc-by-3.0': 'CC-BY-3.0',
    'cc-by-sa-3.0': 'CC-BY-SA-3.0',
    'bzip2-1.0.6': 'bzip2-1.0.6',
    fsfap: 'FSFAP',
    fsful: 'FSFUL',
    fsfullr: 'FSFULLR',
    x11: 'X11',
  }),
)

/** Exceptions by their name without the word "exception". */
const exceptions: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'linux-syscall-note': 'Linux-syscall-note',
    autoconf: 'Autoconf-exception-generic',
    libtool: 'Libtool-exception',
    gcc: 'GCC-exception-3.1',
    classpath: 'Classpath-exception-2.0',
    llvm: 'LLVM-exception',
  }),
)

function spdxLicence(name: string): string | undefined {
  const [, base = '', exception] = /^(\S+)(?:\s+with\s+(.+))?$/i.exec(name.trim()) ?? []
  const licence = spdxNames.get(base.toLowerCase()) ?? gnuLicence(base)
  if (licence === undefined || exception === undefined) return licence
  const known = exceptions.get(exception.toLowerCase().replace(/[\s-]exceptions?$/, ''))
  return known === undefined ? undefined : `${licence} WITH ${known}`
}

const gnuVersions: Readonly<Record<string, readonly string[]>> = {
  GPL: ['1.0', '2.0', '3.0'],
  LGPL: ['2.0', '2.1', '3.0'],
  AGPL: ['3.0'],
  GFDL: ['1.1', '1.2', '1.3'],
}

/** GPL-2 is "version 2 only" in Debian's format, GPL-2+ "or later". */
function gnuLicence(name: string): string | undefined {
  const [, family = '', number = '', later] = /^([AL]?GPL|GFDL)-([\d.]+)(\+?)$/i.exec(name) ?? []
  const version = number.includes('.') ? number : `${number}.0`
  if (gnuVersions[family.toUpperCase()]?.includes(version) !== true) return undefined
  return `${family.toUpperCase()}-${version}-${later === '+' ? 'or-later' : 'only'}`
}

type Stanza = ReadonlyMap<string, string>

/** Stanzas of control-file syntax: fields by lower-case name, continuation lines joined. */
function parseStanzas(text: string): Stanza[] {
  return text
    .replaceAll('\r\n', '\n')
    .split(/\n(?:[ \t]*\n)+/)
    .map((block) => {
      const fields = new Map<string, string>()
      let name = ''
      for (const line of block.split('\n')) {
        const [, field, value] = /^([A-Za-z][\w-]*):\s*(.*)$/.exec(line) ?? []
        if (field !== undefined) {
          name = field.toLowerCase()
          fields.set(name, value ?? '')
        } else if (name !== '' && /^\s/.test(line)) {
          fields.set(name, `${fields.get(name) ?? ''}\n${line.trim()}`)
        }
      }
      return fields
    })
    .filter((stanza) => stanza.size > 0)
}

/** The first line of a License field is the short name; the licence's text follows. */
function shortName(field: string): string {
  return (field.split('\n')[0] ?? '').trim().replace(/\s+/g, ' ')
}

function isPackaging(files: string): boolean {
  const patterns = files.split(/\s+/).filter((pattern) => pattern !== '')
  return patterns.length > 0 && patterns.every((pattern) => /^(?:\.\/)?debian\//.test(pattern))
}

function refersTo(text: string): string[] {
  const names = [...text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z]+(?:-[\d.]*\d)?)/g)]
    .map(([, name]) => name ?? '')
    .toSorted()
  return names.length === 0 ? [] : [`it refers to ${[...new Set(names)].join(', ')}`]
}
