/** What a cloud knows of an instance that it starts, as far as the machine can see it. */
export interface BedInstance {
  readonly id: string;
  /** In the bed's network (`bed.addresses`). */
  readonly privateIp: string;
  /** A second address of the same network, standing for the public one; missing: none. */
  readonly publicIp?: string | undefined;
  /** Decoded; may be compressed, as the instance wants it. */
  readonly userData: Uint8Array;
  readonly keyName?: string | undefined;
  /** One line as in `authorized_keys`. */
  readonly publicKey?: string | undefined;
  readonly type?: string | undefined;
  readonly imageId?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** IMDSv2 only. Default: version 1 is answered too. */
  readonly tokensRequired?: boolean | undefined;
  /** Over how many hops answers of the metadata service reach; default 1. */
  readonly hopLimit?: number | undefined;
  /** False: the metadata service refuses everything, as one that is turned off does. */
  readonly metadataEnabled?: boolean | undefined;
}
