/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

/** What is wrong with a backend, one thing at a time. */
enum Fault {
    /** Nothing. */
    NONE,
    /** Makes an object for each token that is read. */
    ALLOCATES_PER_TOKEN,
    /** Makes an object for each token of a prompt, and none while it answers. */
    ALLOCATES_IN_PROMPTS,
    /** Makes an object for each sequence of a forward, and none for one alone. */
    ALLOCATES_PER_STEP,
    /** Gives the logits of one sequence to another. */
    SWAPS_LOGITS,
    /** Begins to count positions anew with each forward. */
    FORGETS_POSITIONS,
    /** Gives the logits after the first token where those after the last are wanted. */
    FIRST_FOR_LAST,
    /** Gives no sign that a step failed. */
    FORGETS_FAILURE,
    /** Lets all steps fail with one. */
    FAILS_TOGETHER,
    /** Goes on with a sequence that has failed. */
    GOES_ON_AFTER_FAILURE,
    /** Has read the tokens of a step that found no room. */
    LOSES_WITHOUT_ROOM,
    /** Has read some tokens of a step that was withdrawn. */
    LOSES_WHAT_IS_WITHDRAWN,
    /** Says that it has cut, and has not forgotten. */
    CUTS_NOTHING,
    /** Refuses what its limits promise. */
    REFUSES_TO_CUT,
    /** Refuses a second cut within its limits. */
    CUTS_ONCE,
    /** Rounds otherwise where several tokens are fed together, against its limits. */
    ROUNDS_IN_COMPANY,
    /** Says that it cannot cut, and has cut. */
    CUTS_IN_SECRET,
    /** Chooses tokens that the mask forbids. */
    IGNORES_MASK,
    /** Chooses as if there were no penalties. */
    IGNORES_PENALTIES,
    /** Of equal logits gives the higher id first. */
    TURNS_TIES,
    /** Gives another sum than that over all logits. */
    SUMS_THE_BEST,
    /** Takes more tokens than its limits say. */
    TAKES_MORE_TOKENS,
    /** Opens more sequences than its limits say. */
    TAKES_MORE_SEQUENCES,
    /** Has other limits once something was read. */
    CHANGES_LIMITS,
    /** Takes tokens outside of the vocabulary. */
    TAKES_ANY_TOKEN,
    /** Reads the steps before a wrong one. */
    CHECKS_LATE,
    /** Declares a feature that it leaves out. */
    DECLARES_WINDOWS,
    /** Declares no feature of the model that it runs. */
    DECLARES_NOTHING,
    /** Loads whatever comes. */
    LOADS_ANYTHING,
    /** Refuses with a word. */
    REFUSES_IN_A_WORD,
    /** Does not say that memory is what it has too little of. */
    HIDES_THE_CAUSE,
    /** Says nothing while it loads. */
    LOADS_IN_SILENCE,
    /** Loads on when it is to stop. */
    CANNOT_BE_CANCELLED,
    /** Exports a state whose last value is missing. */
    EXPORTS_TOO_LITTLE,
    /** Takes a state of another model. */
    TAKES_ANY_STATE,
    /** Lets a fork write into its origin. */
    SHARES_FORKS_FOR_EVER,
    /** Declares shared forks and copies. */
    COPIES_FORKS,
    /** Never gives memory back. */
    LEAKS_MEMORY,
    /** Leaves a thread behind. */
    LEAKS_A_THREAD,
    /** Works on after it was closed. */
    LIVES_AFTER_CLOSE
}
