// Streams a body into R2: in one piece when its size is known, else in parts.

/** The three calls of an R2 bucket that an archive makes. */
export type ArchiveBucket = Pick<R2Bucket, "head" | "put" | "createMultipartUpload">;

/** A stored object, as `job.archived` shows it. */
export interface StoredFile {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** Where to store a stream, and what R2 keeps about it. */
interface StoreOptions {
  readonly key: string;
  readonly metadata: {
    readonly customMetadata: Record<string, string>;
    readonly httpMetadata: R2HTTPMetadata;
  };
  /** Bytes that must arrive; `null` when they are unknown. */
  readonly size: number | null;
  /** Bytes that may be stored. */
  readonly most: number;
}

/** Bytes of a part. R2 wants at least 5 MiB; many of 8 MiB fit into the 128 MB of an isolate. */
export const PART_BYTES = 8 * 1_024 * 1_024;

/** The largest object that R2 takes in one request (R2 limits, 2026-10: 4.995 GiB). */
const MAX_PUT_BYTES = Math.floor(4.995 * 1_024 ** 3);

/**
 * Stores a stream and returns what R2 holds then; `null` when it has more than `most` bytes. Throws
 * when the stream fails or has another length. Nothing is stored in both cases.
 */
export async function storeStream(
  bucket: ArchiveBucket,
  options: StoreOptions,
  body: ReadableStream<Uint8Array>,
): Promise<StoredFile | null> {
  const { key, size, most } = options;
  if (size !== null && size > most) {
    await body.cancel();
    return null;
  }
  const object =
    size !== null && size <= MAX_PUT_BYTES
      ? await storeWhole(bucket, options, body, size)
      : await storeParts(bucket, options, body);
  return object === null ? null : { key, size: object.size, etag: object.etag };
}

/** Lets the platform move the bytes; a stream of another length fails the request. */
function storeWhole(
  bucket: ArchiveBucket,
  { key, metadata }: StoreOptions,
  body: ReadableStream<Uint8Array>,
  size: number,
): Promise<R2Object> {
  return bucket.put(key, body.pipeThrough(new FixedLengthStream(size)), metadata);
}

/**
 * Uploads part after part, or one short body at once. A failure aborts the upload, and so does the
 * limit.
 */
async function storeParts(
  bucket: ArchiveBucket,
  { key, metadata, size, most }: StoreOptions,
  body: ReadableStream<Uint8Array>,
): Promise<R2Object | null> {
  let upload: R2MultipartUpload | null = null;
  let total = 0;
  const parts: R2UploadedPart[] = [];
  try {
    for await (const block of blocks(body, PART_BYTES)) {
      total += block.byteLength;
      if (total > most) {
        await upload?.abort();
        return null;
      }
      // Only the last block can be short.
      if (upload === null && block.byteLength < PART_BYTES)
        return await bucket.put(key, block, metadata);
      upload ??= await bucket.createMultipartUpload(key, metadata);
      parts.push(await upload.uploadPart(parts.length + 1, block));
    }
    if (size !== null && total !== size) throw new Error(`${total} bytes of ${size} arrived`);
    return upload === null
      ? await bucket.put(key, new Uint8Array(), metadata)
      : await upload.complete(parts);
  } catch (thrown) {
    // Should this fail too: R2 drops an upload that is not completed after 7 days.
    await upload?.abort().catch(() => null);
    throw thrown;
  }
}

/** Cuts a stream into blocks of `size` bytes, the last one shorter; holds one block at a time. */
async function* blocks(body: ReadableStream<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let block = new Uint8Array(size);
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (let rest = value; rest.byteLength > 0;) {
        const part = rest.subarray(0, size - filled);
        block.set(part, filled);
        filled += part.byteLength;
        rest = rest.subarray(part.byteLength);
        if (filled < size) break;
        yield block;
        block = new Uint8Array(size);
        filled = 0;
      }
    }
    if (filled > 0) yield block.subarray(0, filled);
  } finally {
    await reader.cancel().catch(() => null);
  }
}
