import { resolve } from 'node:path'
import { suggestion } from '../../checked-yaml/wording.ts'
import { merged } from './merge.ts'
import type { ModelLoader } from './model.ts'
import { NodeReader } from './node-reader.ts'
import { readTree } from './read-tree.ts'
import { childAt, mapping, type Tree, type Variables } from './tree.ts'

/** Puts below each service what it extends, in the same file or in another. */
export class ExtendedServices {
  readonly #loader: ModelLoader
  readonly #variables: Variables
  readonly #files = new Map<string, Tree>()

  constructor(loader: ModelLoader, variables: Variables) {
    this.#loader = loader
    this.#variables = variables
  }

  resolve(tree: Tree): Tree {
    const services = tree.kind === 'map' ? tree.entries.get('services') : undefined
    if (tree.kind !== 'map' || services?.value.kind !== 'map') return tree
    const reader = new NodeReader(tree)
    const resolved = [...services.value.entries.values()].map((entry) => ({
      ...entry,
      value: this.#service(reader, tree, entry.key, entry.value, []),
    }))
    this.#loader.problems.push(...reader.problems)
    const value = mapping(resolved, services.value)
    return mapping(new Map([...tree.entries, ['services', { ...services, value }]]).values(), tree)
  }

  #service(
    reader: NodeReader,
    tree: Tree,
    name: string,
    service: Tree,
    chain: readonly string[],
  ): Tree {
    const extension = service.kind === 'map' ? service.entries.get('extends') : undefined
    if (service.kind !== 'map' || extension === undefined) return service
    const own = mapping(
      [...service.entries.values()].filter(({ key }) => key !== 'extends'),
      service,
    )
    const at = ['services', name, 'extends']
    const step = `${tree.place.source.file} ${name}`
    const way = [...chain, step]
    if (chain.includes(step)) {
      reader.problem(extension.keyNode, at, `the services extend each other: ${way.join(' → ')}`)
      return own
    }
    const { value } = extension
    const isLong = reader.isMap(value)
    const section = isLong ? reader.section(value, at, ['service', 'file']) : undefined
    const serviceNode = isLong ? section?.service?.value : value
    const base = reader.text(serviceNode, [...at, ...(isLong ? ['service'] : [])], 'a service')
    const path = section?.file && reader.text(section.file.value, [...at, 'file'], 'a path')
    if (base === undefined || (section?.file !== undefined && path === undefined)) return own
    const other = path === undefined ? tree : this.#file(reader, section?.file?.value, at, path)
    const found = childAt(other, 'services', base)
    if (other === undefined || found === undefined) {
      const services = childAt(other, 'services')
      const names = services?.kind === 'map' ? [...services.entries.keys()] : []
      if (other !== undefined)
        reader.problem(serviceNode, at, `there is no such service; ${suggestion(base, names)}`)
      return own
    }
    const below = this.#service(reader, other, base, found, way)
    return merged(below, own, ['services', name]) ?? own
  }

  #file(
    reader: NodeReader,
    node: Tree | undefined,
    at: readonly string[],
    path: string,
  ): Tree | undefined {
    const file = resolve(reader.sourceOf(node).directory, path)
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const text = this.#loader.textAt(file, reader, node, [...at, 'file'])
    if (text === undefined) return undefined
    const directory = resolve(file, '..')
    const { tree, problems } = readTree(text, { file, directory, variables: this.#variables })
    this.#loader.problems.push(...problems)
    if (tree !== undefined) this.#files.set(file, tree)
    return tree
  }
}
