// @ts-check
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

/** @param {number} time milliseconds since 1970 */
export const timeOfDay = (time) => clock.format(time);

/** @param {number} time */
export const dateAndTime = (time) => full.format(time);

/**
 * One number per day of the reader's calendar, at its midnight.
 *
 * @param {number} time
 */
export const dayOf = (time) => new Date(time).setHours(0, 0, 0, 0);

/**
 * @param {number} day as `dayOf` gives it
 * @param {number} now
 */
export function dayName(day, now) {
  const today = dayOf(now);
  if (day === today) return 'Today';
  if (day === dayOf(new Date(today).setDate(new Date(today).getDate() - 1))) return 'Yesterday';
  return (new Date(day).getFullYear() === new Date(now).getFullYear() ? dayAndMonth : dayAndYear).format(day);
}
