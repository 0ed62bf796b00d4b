/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of backends finds what is wrong with one, and nothing where nothing is. */
class BackendContractTest {

    /** The contract, for a backend with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Subject extends BackendContract {

        private final FaultyBackend backend;
        private final Program program = new FeatureModels(3).of(Feature.ATTENTION);

        Subject(Fault fault) {
            backend = new FaultyBackend(fault);
        }

        @Override
        protected Backend backend() {
            return backend;
        }

        @Override
        protected Program program() {
            return program;
        }

        @Override
        protected boolean breaks(Executor executor, Sequence sequence) {
            ((SimpleExecutor.Line) sequence).broken = true;
            return true;
        }

        @Override
        protected Optional<Executor> cramped() {
            return Optional.of(backend.load(program, device(), bench().options(), Progress.NONE, 3 * Bench.CONTEXT));
        }
    }

    @Test
    void aSoundBackendPasses() {
        ContractRun run = ContractRun.all(Subject.class, Fault.NONE);
        assertEquals(Map.of(), run.failed());
        assertTrue(run.succeeded() > 45, () -> run.succeeded() + " tests");
        Set<Feature> others = EnumSet.allOf(Feature.class);
        others.removeAll(new FaultyBackend(Fault.NONE).features());
        assertEquals(new TreeSet<>(others.stream().map(Feature::description).toList()),
                new TreeSet<>(run.aborted().keySet()
                        .stream().filter(test -> !test.startsWith("What is not declared")).toList()),
                run.aborted()::toString);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            ALLOCATES_PER_TOKEN,    Limiting.nothingIsAllocatedPerToken,                    bytes
            ALLOCATES_IN_PROMPTS,   Limiting.nothingIsAllocatedPerToken,                    bytes
            ALLOCATES_PER_STEP,     Limiting.nothingIsAllocatedPerToken,                    bytes
            SWAPS_LOGITS,           Forwarding.companyChangesNothing,                       text 0
            SWAPS_LOGITS,           Forwarding.promptsAndAnswersShareAPass,                 logits differ
            FORGETS_POSITIONS,      Forwarding.anyChunkingGivesTheSameLogits,               in chunks of 1
            FIRST_FOR_LAST,         Forwarding.logitsComeWhereTheyAreWanted,                last
            FORGETS_FAILURE,        Failing.aStepFailsAlone,                                does not say so
            FAILS_TOGETHER,         Failing.aStepFailsAlone,                                Step.fail
            GOES_ON_AFTER_FAILURE,  Failing.aStepFailsAlone,                                IllegalStateException
            LOSES_WITHOUT_ROOM,     Failing.whoFindsNoRoomHasLostNothing,                   found no room
            LOSES_WHAT_IS_WITHDRAWN, Failing.whatIsWithdrawnChangesNothing,                 nobody wanted
            CUTS_NOTHING,           Truncating.anyLengthIsDoneOrChangesNothing,             said true
            REFUSES_TO_CUT,         Truncating.anyLengthIsDoneOrChangesNothing,             cannot be cut
            REFUSES_TO_CUT,         Truncating.answersCanBeTakenBackTokenByToken,           cannot be cut
            CUTS_ONCE,              Truncating.cutsInARowCountFromTheGreatestLength,        cannot be cut
            ROUNDS_IN_COMPANY,      Truncating.guessesGiveTheBitsOfTokensFedAlone,          bits
            CUTS_IN_SECRET,         Truncating.anyLengthIsDoneOrChangesNothing,             said false
            IGNORES_MASK,           Choosing.masksAndPenaltiesAreKept,                      not allowed
            IGNORES_PENALTIES,      Choosing.masksAndPenaltiesAreKept,                      logit of token
            TURNS_TIES,             Choosing.equalLogitsComeInTheOrderOfTheirIds,           expected
            SUMS_THE_BEST,          Choosing.theyAreThoseOfTheFullRow,                      sum
            TAKES_MORE_TOKENS,      Limiting.batchesAreTakenToTheLimitAndRefusedAboveIt,    StepCheck
            TAKES_MORE_SEQUENCES,   Limiting.oneSequenceMoreThanTheLimitFindsNoRoom,        limits()
            CHANGES_LIMITS,         Limiting.limitsStayTheSame,                             limits()
            TAKES_ANY_TOKEN,        Refusing.wrongStepsChangeNothing,                       above the vocabulary
            CHECKS_LATE,            Refusing.wrongStepsChangeNothing,                       was read
            DECLARES_WINDOWS,       Computing.declaredFeaturesAreComputedRight,             features() declares WINDOW
            DECLARES_NOTHING,       Fitting.featuresOfTheModelAreDeclared,                  refuse it
            LOADS_ANYTHING,         Fitting.unknownDevicesAndProgramsAreRefused,            refuse
            REFUSES_IN_A_WORD,      Fitting.unknownDevicesAndProgramsAreRefused,            sentence
            HIDES_THE_CAUSE,        Fitting.tooLittleMemoryIsRefusedAsSuch,                 Name the cause
            LOADS_IN_SILENCE,       Loading.loadingTellsItsProgress,                        progress
            CANNOT_BE_CANCELLED,    Loading.loadingCanBeCancelledAtEveryStep,               progress throws
            EXPORTS_TOO_LITTLE,     Exchanging.statesComeBackBitForBit,                     after a move
            TAKES_ANY_STATE,        Exchanging.foreignStatesAreRefused,                     IllegalArgumentException
            SHARES_FORKS_FOR_EVER,  Forking.forksGoTheirOwnWays,                            branch
            COPIES_FORKS,           Forking.forksShareMemoryWhereDeclared,                  copies
            LEAKS_MEMORY,           Closing.memoryComesBack,                                bytes
            LEAKS_A_THREAD,         Closing.threadsEndWithTheExecutor,                      threads stay behind
            LIVES_AFTER_CLOSE,      Closing.closingTwiceDoesNothing,                        IllegalStateException
            """)
    void aFaultIsReportedByTheTestThatIsMeantForIt(Fault fault, String test, String words) {
        ContractRun.one(Subject.class, fault, test).assertReports(words);
    }

    @Test
    void everyFaultIsPlanted() throws NoSuchMethodException {
        String table = BackendContractTest.class
                .getDeclaredMethod("aFaultIsReportedByTheTestThatIsMeantForIt", Fault.class, String.class, String.class)
                .getAnnotation(CsvSource.class).textBlock();
        assertEquals(EnumSet.allOf(Fault.class).stream().filter(fault -> fault != Fault.NONE).map(Fault::name).toList(),
                Arrays.stream(table.split("\n", -1)).map(line -> line.strip().split(",", -1)[0])
                        .filter(name -> !name.isEmpty())
                        .distinct().toList());
    }
}
