package ${package};

import dev.millrace.spi.text.Dialect;
import dev.millrace.tck.BundleContract;
import java.util.Set;

/** The bundle inside Apache Felix. */
class RiverDialectBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return RiverDialect.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(Dialect.class);
    }
}
