package ${package};

import dev.millrace.spi.text.SamplerStage;
import dev.millrace.tck.BundleContract;
import java.util.Set;

/** The bundle inside Apache Felix. */
class ForbiddenWordBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return ForbiddenWord.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(SamplerStage.Factory.class);
    }
}
