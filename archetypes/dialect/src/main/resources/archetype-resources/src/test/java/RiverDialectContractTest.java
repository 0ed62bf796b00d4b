package ${package};

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import dev.millrace.tck.DialectContract;
import java.util.List;
import java.util.Set;

/** What every dialect promises. */
class RiverDialectContractTest extends DialectContract {

    @Override
    protected Dialect dialect() {
        return new RiverDialect();
    }

    @Override
    protected ModelText model() {
        return new ModelText("{{ '<call>' }}", token -> false);
    }

    @Override
    protected Set<String> marks() {
        return Set.of("<think>", "</think>", "<call>", "</call>");
    }

    @Override
    protected List<String> answers() {
        return List.of("<think>Hm.</think>I read it.<call>{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}</call>",
                "Two at once: <call>{\"name\": \"a\", \"arguments\": {}}</call><call>{\"name\": \"b\", \"arguments\": {}}</call>");
    }
}
