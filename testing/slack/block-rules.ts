/** What Slack's documentation says of blocks, for the kinds that may stand in a message without people answering. */

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first rule that `blocks` break; missing: Slack would take them. */
export function brokenBlockRule(blocks: unknown): string | undefined {
  if (!Array.isArray(blocks)) return 'blocks must be an array';
  if (blocks.length > 50) return 'at most 50 blocks';
  return firstOf(blocks.map((block, index) => prefixed(`blocks[${index}]`, brokenRuleOf(block))));
}

function brokenRuleOf(block: unknown): string | undefined {
  if (!isFields(block)) return 'a block must be an object';
  const known = blockRules[String(block['type'])];
  if (!known) return `no such block: ${String(block['type'])}`;
  const id = block['block_id'];
  if (id !== undefined && (typeof id !== 'string' || id.length > 255))
    return 'block_id: text of at most 255 characters';
  return known(block);
}

const blockRules: Readonly<Record<string, (block: Fields) => string | undefined>> = {
  divider: (block) => onlyKeys(block, []),
  header: (block) => firstOf([onlyKeys(block, ['text']), text(block['text'], 150, ['plain_text'])]),
  section: (block) => {
    const { text: main, fields } = block;
    if (main === undefined && fields === undefined) return 'a section needs text or fields';
    return firstOf([
      onlyKeys(block, ['text', 'fields', 'accessory', 'expand']),
      main === undefined ? undefined : text(main, 3000),
      fields === undefined ? undefined : list(fields, 10, (field) => text(field, 2000)),
    ]);
  },
  context: (block) =>
    firstOf([onlyKeys(block, ['elements']), list(block['elements'], 10, (element) => text(element, 2000))]),
};

function text(value: unknown, limit: number, kinds = ['plain_text', 'mrkdwn']): string | undefined {
  if (!isFields(value)) return 'text must be an object';
  const kind = String(value['type']);
  if (!kinds.includes(kind)) return `text of kind ${kind} may not stand here`;
  const said = value['text'];
  if (typeof said !== 'string' || said.length < 1) return 'text must have at least 1 character';
  if (said.length > limit) return `text of ${said.length} characters, at most ${limit}`;
  // `emoji` belongs to plain text alone and `verbatim` to mrkdwn alone.
  return onlyKeys(value, kind === 'plain_text' ? ['text', 'emoji'] : ['text', 'verbatim']);
}

function list(value: unknown, most: number, rule: (item: unknown) => string | undefined): string | undefined {
  if (!Array.isArray(value) || value.length < 1) return 'a list must have at least one item';
  if (value.length > most) return `a list of ${value.length}, at most ${most}`;
  return firstOf(value.map(rule));
}

function onlyKeys(value: Fields, allowed: readonly string[]): string | undefined {
  const stranger = Object.keys(value).find((key) => !['type', 'block_id', ...allowed].includes(key));
  return stranger === undefined ? undefined : `no such field: ${stranger}`;
}

/** The first rule that `metadata` breaks: `event_type` a word, `event_payload` an object of flat values and objects of those. */
export function brokenMetadataRule(metadata: unknown): string | undefined {
  if (!isFields(metadata)) return 'metadata must be an object';
  const { event_type: type, event_payload: payload } = metadata;
  if (typeof type !== 'string' || !/^[A-Za-z0-9_]{1,255}$/.test(type)) return 'event_type must be a word';
  if (!isFields(payload)) return 'event_payload must be an object';
  const stranger = Object.keys(metadata).find((key) => key !== 'event_type' && key !== 'event_payload');
  if (stranger) return `no such field: ${stranger}`;
  const isFlat = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);
  const isLegal = (value: unknown): boolean =>
    isFlat(value) ||
    (isFields(value) && Object.values(value).every(isFlat)) ||
    (Array.isArray(value) && value.every((item) => isFields(item) && Object.values(item).every(isFlat)));
  return Object.values(payload).every(isLegal) ? undefined : 'event_payload holds a value that is not flat';
}

const firstOf = (found: readonly (string | undefined)[]): string | undefined =>
  found.find((rule) => rule !== undefined);

const prefixed = (where: string, rule: string | undefined): string | undefined => rule && `${where}: ${rule}`;
