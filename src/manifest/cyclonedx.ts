import { createHash } from 'node:crypto'
import type { BundledPackage, ImageIdentity, PackageFile } from './contents.ts'
import { declaredLicences, spdxExpression } from './licences.ts'
import { compare } from './manifest.ts'
import { debianPurl, genericPurl, npmPurl } from './purl.ts'

export type SbomInput = {
  readonly image: ImageIdentity
  readonly packages: readonly PackageFile[]
  readonly bundled: readonly BundledPackage[]
  /** Version of Slipway, which builds the image and is the host executable. */
  readonly slipwayVersion: string
  /** Seconds since 1970, from SOURCE_DATE_EPOCH; absent: the SBOM bears no time. */
  readonly sourceDateEpoch?: number
}

/** A CycloneDX 1.6 bill of materials: the parts of the format that Slipway uses. */
export type CycloneDxBom = {
  readonly $schema: string
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.6'
  /** Derived from the content: equal images have equal numbers. */
  readonly serialNumber: string
  readonly version: 1
  readonly metadata: {
    readonly timestamp?: string
    readonly tools: { readonly components: readonly Component[] }
    readonly component: Component
  }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

export type Component = {
  readonly type: 'application' | 'library' | 'operating-system' | 'platform'
  readonly 'bom-ref'?: string
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly cpe?: string
  readonly hashes?: readonly { readonly alg: 'SHA-256' | 'SHA-512'; readonly content: string }[]
  readonly licenses?: Licenses
  readonly externalReferences?: readonly { readonly type: 'website'; readonly url: string }[]
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

/** One SPDX expression for all; or, where one of them has none, each by identifier or name. */
export type Licenses =
  | readonly [{ readonly expression: string; readonly acknowledgement: 'declared' }]
  | readonly { readonly license: DeclaredLicence }[]

type DeclaredLicence = { readonly acknowledgement: 'declared' } & (
  | { readonly id: string }
  | { readonly name: string }
)

/** Lists what is in an image, by the CycloneDX 1.6 specification (ECMA-424, first edition). */
export function cycloneDx(input: SbomInput): CycloneDxBom {
  const { image, slipwayVersion, sourceDateEpoch } = input
  const imageRef = `slipway-image-${image.name}`
  const hostRef = 'slipway-host'
  const debian = input.packages.map((entry) => debianComponent(entry, image.suite)).toSorted(byRef)
  const bundled = distinct(input.bundled.map(bundledComponent)).toSorted(byRef)
  const slipway = { name: 'slipway', version: slipwayVersion, licenses: declared(['Apache-2.0']) }
  const bom: Omit<CycloneDxBom, 'serialNumber'> = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(sourceDateEpoch === undefined ? {} : { timestamp: timestamp(sourceDateEpoch) }),
      tools: { components: [{ type: 'application', ...slipway }] },
      component: {
        type: 'operating-system',
        'bom-ref': imageRef,
        name: `slipway-${image.name}`,
        version: image.version,
      },
    },
    components: [
      { type: 'application', ...slipway, 'bom-ref': hostRef, name: 'slipway-host' },
      ...debian,
      ...bundled,
    ],
    dependencies: [
      { ref: imageRef, dependsOn: [hostRef, ...refs(debian)] },
      { ref: hostRef, dependsOn: refs(bundled) },
    ],
  }
  return { ...bom, serialNumber: serialNumber(bom) }
}

function debianComponent(entry: PackageFile, suite: string): Component {
  const purl = debianPurl({ ...entry, suite })
  const licences = declaredLicences(entry.copyright)
  return {
    type: 'library',
    'bom-ref': purl,
    name: entry.name,
    version: entry.version,
    purl,
    hashes: [{ alg: 'SHA-256', content: entry.sha256 }],
    licenses: declared(licences.names),
    ...(entry.homepage === undefined
      ? {}
      : { externalReferences: [{ type: 'website', url: entry.homepage }] }),
    properties: [
      { name: 'slipway:debian:source', value: `${entry.source.name}@${entry.source.version}` },
      ...licences.facts.map((value) => ({ name: 'slipway:licence:fact', value })),
    ],
  }
}

function bundledComponent(entry: BundledPackage): Component {
  const { name, version, licence, integrity } = entry
  const runtime = entry.kind === 'runtime'
  const purl = runtime ? genericPurl(name, version) : npmPurl(name, version)
  const sha512 = /^sha512-([A-Za-z0-9+/]+=*)$/.exec(integrity ?? '')?.[1]
  return {
    type: runtime ? 'platform' : 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(runtime && name === 'node'
      ? { cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*` }
      : {}),
    ...(sha512 === undefined
      ? {}
      : {
          hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
        }),
    licenses:
      licence === undefined ? declared([]) : [{ expression: licence, acknowledgement: 'declared' }],
  }
}

function declared(names: readonly string[]): Licenses {
  if (names.length === 0) return [{ license: { name: 'NOASSERTION', acknowledgement: 'declared' } }]
  const expressions = names.map(spdxExpression)
  if (!expressions.every((expression) => expression !== undefined))
    return names.map((name) => ({ license: declaredLicence(name) }))
  const parts = [...new Set(expressions)]
  const expression =
    parts.length === 1
      ? parts.join('')
      : parts.map((part) => (/ (?:AND|OR) /.test(part) ? `(${part})` : part)).join(' AND ')
  return [{ expression, acknowledgement: 'declared' }]
}

/** An expression of several licences cannot be an identifier, and stays a name. */
function declaredLicence(name: string): DeclaredLicence {
  const expression = spdxExpression(name)
  return expression === undefined || expression.includes(' ')
    ? { name, acknowledgement: 'declared' }
    : { id: expression, acknowledgement: 'declared' }
}

/** A UUID of version 8 (RFC 9562, "vendor-specific") from the digest of the content. */
function serialNumber(bom: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(bom)).digest()
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6)
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = digest.toString('hex', 0, 16)
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return `urn:uuid:${groups.join('-')}-${hex.slice(20)}`
}

function timestamp(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString()
}

/** npm installs the same package in several places; it is one component all the same. */
function distinct(components: readonly Component[]): Component[] {
  return [...new Map(components.map((component) => [component['bom-ref'], component])).values()]
}

function refs(components: readonly Component[]): string[] {
  return components.map((component) => component['bom-ref'] ?? component.name)
}

function byRef(a: Component, b: Component): number {
  return compare(a['bom-ref'] ?? a.name, b['bom-ref'] ?? b.name)
}
