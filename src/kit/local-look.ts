/**
 * How often to look at what is ready and lies on this machine, where nobody but us should touch it. A process that ends is told of at
 * once, and what it stands on is then looked at with it; this finds what was taken away while nothing noticed.
 */
export const localLookMs = 5 * 60_000;

/** After a create, of what tells us when it is ready: the moments in which programs start are theirs. People hear what it does a moment later. */
export const localFirstLookMs = 100;
