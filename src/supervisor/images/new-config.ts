import { type JsonObject, list, object, optional, parseJson } from '../../json/value.ts'
import type { Platform } from './platform.ts'

/** What is said of an image that is made on this host. */
export type NewImage = {
  /** The configuration of the image that it stands on, if it does. */
  readonly parentText?: string
  /** Its own layer; undefined for one that changes no file. */
  readonly diffId: string | undefined
  /** What running containers get from it, in Docker's fields. */
  readonly config: JsonObject
  readonly author: string
  readonly comment: string
  readonly createdAt: string
  /** Of what makes it. */
  readonly version: string
  readonly platform: Platform
  /** What it was made from, if it was a container. */
  readonly container?: { readonly id: string; readonly config: JsonObject }
}

/** The configuration of a new image (image-spec 1.1, config.md, with Docker's extensions). */
export function newImageConfig(image: NewImage): string {
  const { diffId, config, author, comment, createdAt: created, container } = image
  const parent =
    image.parentText === undefined ? {} : object(parseJson(Buffer.from(image.parentText)), 'parent')
  const history = optional(parent.history, 'history', list) ?? []
  const { diff_ids: below = [] } = optional(parent.rootfs, 'rootfs', object) ?? {}
  const { os, architecture, variant } = image.platform
  const entry = {
    created,
    ...(author === '' ? {} : { author }),
    ...(container === undefined ? {} : { created_by: commandText(container.config) }),
    ...(comment === '' ? {} : { comment }),
    ...(diffId === undefined ? { empty_layer: true } : {}),
  }
  return JSON.stringify({
    architecture,
    ...(variant === undefined ? {} : { variant }),
    os,
    ...(author === '' ? {} : { author }),
    ...(comment === '' ? {} : { comment }),
    config,
    ...(container === undefined
      ? {}
      : { container: container.id, container_config: container.config }),
    created,
    docker_version: image.version,
    history: [...history, entry],
    rootfs: {
      type: 'layers',
      diff_ids: [...list(below, 'rootfs.diff_ids'), ...(diffId === undefined ? [] : [diffId])],
    },
  })
}

function commandText({ Cmd }: JsonObject): string {
  return Array.isArray(Cmd) ? Cmd.join(' ') : ''
}
