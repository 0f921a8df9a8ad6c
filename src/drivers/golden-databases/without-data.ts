/** What servers say of a row that they refuse, and where the row itself stands in it. */
const places: readonly (readonly [RegExp, string])[] = [
  [/((?:Duplicate entry|value:?|near) )'.*'/g, "$1'…'"],
  [/\)=\(.*\)/g, ')=(…)'],
  [/(Failing row contains ).*/g, '$1(…).'],
  [/(COPY \S+, line \d+(?:, column [^:]+)?: ).*/g, '$1…'],
  [/(for (?:type|encoding) [^:]+: ).*/g, '$1…'],
];

/** A message of a server without the data of staging: logs are read by people who may not see that. */
export const withoutData = (line: string): string =>
  places.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), line);
