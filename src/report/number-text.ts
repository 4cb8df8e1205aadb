// Numbers as the page and the chart write them: the same on every machine, whatever its locale.

/** 1234567 → "1,234,567". */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/**
 * A share from 0 to 1 in per cent, with one decimal: 0.1234 → "12.3%". What is more than nothing never reads as nothing,
 * nor what is less than all as all. Of a share of nothing (NaN) there is none: "–".
 */
export function percent(share: number): string {
  if (Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return share === 0 || share === 1 ? `${share * 100}%` : `${(share * 100).toFixed(1)}%`;
}

/** A size of a file: 1 kB is 1,000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** "2026-11-23T16:07:43.000Z" → "23 November 2026, 16:07 UTC"; what is no date stays as it is. */
export function dateText(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const [day, time] = [date.getUTCDate(), date.toISOString().slice(11, 16)];
  return `${day} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${time} UTC`;
}
