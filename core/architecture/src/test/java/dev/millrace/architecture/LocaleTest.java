/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.reflect.Executable;
import java.text.DecimalFormat;
import java.text.NumberFormat;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Numbers, dates and capitals come out alike in every country: files, versions, JSON and what models read are not for people.
 * So nothing of Java is called that has a twin with a locale, or that takes the machine's locale without asking.
 */
@AnalyzeClasses(locations = Rooms.class)
class LocaleTest {

    /** Take the machine's locale and have no twin of the same parameters. */
    private static final Set<String> OTHERS = Set.of("java.lang.String.formatted", "java.util.Locale.getDefault",
            "java.util.Scanner.<init>", "java.text.DecimalFormat.<init>", "java.text.MessageFormat.format",
            "java.time.format.DateTimeFormatter.ofLocalizedDate", "java.time.format.DateTimeFormatter.ofLocalizedTime",
            "java.time.format.DateTimeFormatter.ofLocalizedDateTime");

    private static final ArchCondition<JavaClass> NAME_A_LOCALE = new ArchCondition<>("name a locale") {

        @Override
        public void check(JavaClass room, ConditionEvents events) {
            accesses(room).filter(access -> takesTheMachines(access.getTarget()))
                    .forEach(access -> events.add(SimpleConditionEvent.violated(access, access.getDescription())));
        }
    };

    @ArchTest
    static final ArchRule THE_LOCALE_OF_THE_MACHINE_STAYS_OUT = classes().should(NAME_A_LOCALE);

    private static Stream<JavaCodeUnitAccess<?>> accesses(JavaClass room) {
        List<JavaCodeUnitAccess<?>> accesses = new ArrayList<>();
        accesses.addAll(room.getMethodCallsFromSelf());
        accesses.addAll(room.getConstructorCallsFromSelf());
        accesses.addAll(room.getMethodReferencesFromSelf());
        accesses.addAll(room.getConstructorReferencesFromSelf());
        return accesses.stream();
    }

    private static boolean takesTheMachines(CodeUnitAccessTarget target) {
        if (!target.getOwner().getName().startsWith("java.")) {
            return false;
        }
        List<String> parameters = target.getRawParameterTypes().stream().map(JavaClass::getName).toList();
        if (parameters.contains("java.text.DecimalFormatSymbols") || parameters.contains(Locale.class.getName())) {
            return false;
        }
        return OTHERS.contains(target.getOwner().getName() + "." + target.getName()) || hasTwin(target, parameters);
    }

    /** Whether there is the same with a locale before or behind the parameters. */
    private static boolean hasTwin(CodeUnitAccessTarget target, List<String> parameters) {
        Class<?> owner = target.getOwner().reflect();
        Stream<? extends Executable> all = target.getName().equals("<init>")
                ? Arrays.stream(owner.getConstructors())
                : Arrays.stream(owner.getMethods()).filter(method -> method.getName().equals(target.getName()));
        List<String> before = new ArrayList<>(List.of(Locale.class.getName()));
        before.addAll(parameters);
        List<String> behind = new ArrayList<>(parameters);
        behind.add(Locale.class.getName());
        return all.map(one -> Arrays.stream(one.getParameterTypes()).map(Class::getName).toList())
                .anyMatch(types -> types.equals(before) || types.equals(behind));
    }

    /** Every line asks the machine. */
    static final class Careless {

        private final UnaryOperator<String> reference = String::toUpperCase;

        @SuppressWarnings("StringCaseLocaleUsage") // that is what it is for
        List<Object> ask() {
            return List.of(String.format("%d", 1), "%d".formatted(1), "I".toLowerCase(), new Formatter(),
                    NumberFormat.getInstance(), new DecimalFormat("0"), DateTimeFormatter.ofPattern("d"), reference);
        }
    }

    @Test
    void allWaysToAskTheMachineAreSeen() {
        JavaClass careless = new ClassFileImporter().importClass(Careless.class);
        assertEquals(8, accesses(careless).filter(access -> takesTheMachines(access.getTarget())).count());
    }
}
