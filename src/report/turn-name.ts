// What a turn is called beside the name of its profile.

/** The id of a turn without the profile's where it begins with it: "en-cook/q2" of "en-cook" is "q2". */
export const turnWithin = (profile: string, turn: string): string =>
  turn.startsWith(`${profile}/`) && turn.length > profile.length + 1 ? turn.slice(profile.length + 1) : turn;
